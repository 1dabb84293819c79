"""Every sentence that the assistant says of its own: refusals and notes, in the language of the question."""

from __future__ import annotations

NOT_FOUND = {
    "en": "The statements here do not say.",
    "fr": "Les déclarations réunies ici ne le disent pas.",
    "de": "Die hier vorliegenden Erklärungen sagen dazu nichts.",
    "it": "Le dichiarazioni qui raccolte non lo dicono.",
    "ru": "В имеющихся здесь заявлениях об этом не говорится.",
    "es": "Las declaraciones aquí reunidas no lo dicen.",
    "uk": "У наявних тут заявах про це не йдеться.",
}

EMPTY_STORE = {
    "en": "There are no statements in the store yet.",
    "fr": "Aucune déclaration n’a encore été enregistrée.",
    "de": "Es sind noch keine Erklärungen aufgenommen.",
    "it": "Non è ancora stata acquisita alcuna dichiarazione.",
    "ru": "Заявлений в хранилище пока нет.",
    "es": "Todavía no se ha incorporado ninguna declaración.",
    "uk": "Заяв у сховищі поки немає.",
}

NOTHING_MATCHES = {
    "en": "No statement matches {filters}.",
    "fr": "Aucune déclaration ne correspond à {filters}.",
    "de": "Keine Erklärung passt zu {filters}.",
    "it": "Nessuna dichiarazione corrisponde a {filters}.",
    "ru": "Под условие {filters} не подходит ни одно заявление.",
    "es": "Ninguna declaración corresponde a {filters}.",
    "uk": "Умові {filters} не відповідає жодна заява.",
}

CODE_UNKNOWN = {
    "en": "{code} is not among the statements here.",
    "fr": "{code} ne figure pas parmi les déclarations réunies ici.",
    "de": "{code} ist nicht unter den hier vorliegenden Erklärungen.",
    "it": "{code} non è tra le dichiarazioni qui raccolte.",
    "ru": "Документа {code} среди имеющихся здесь заявлений нет.",
    "es": "{code} no está entre las declaraciones aquí reunidas.",
    "uk": "Документа {code} серед наявних тут заяв немає.",
}

PARAGRAPH = {
    "en": "para.",
    "fr": "par.",
    "de": "Abs.",
    "it": "par.",
    "ru": "п.",
    "es": "párr.",
    "uk": "п.",
}


def say(sentences: dict[str, str], language: str, **values: str) -> str:
    """The sentence in this language, or in English where there is none."""
    return sentences.get(language, sentences["en"]).format(**values)
