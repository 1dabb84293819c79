"""`python -m ui` is the command `statements`."""

from ui.cli import main

if __name__ == "__main__":  # a worker process of the ingest imports this file too
    main()
