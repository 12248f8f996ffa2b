"""HTTP of code lists."""

from pydantic import BaseModel

from catalog.codes.lists import code_lists, number_profiles
from kernel.http import needs, router

api = router(prefix="/catalog", tags=["catalog"])


class TokenOut(BaseModel):
    """One value: what is stored and how it reads."""

    token: str
    zh: str
    en: str


class CodeListOut(BaseModel):
    """A code list."""

    key: str
    zh: str
    en: str
    tokens: list[TokenOut]


class CodeListsOut(BaseModel):
    """All code lists, and the names of the number profiles that an import may use."""

    lists: list[CodeListOut]
    number_profiles: list[str]


@api.get("/code-lists", **needs(None))
def get_code_lists() -> CodeListsOut:
    """代码表与编号方案"""
    lists = [
        CodeListOut(
            key=one.key, zh=one.zh, en=one.en,
            tokens=[TokenOut(token=token.token, zh=token.zh, en=token.en) for token in one.tokens],
        )
        for one in code_lists().values()
    ]
    return CodeListsOut(lists=lists, number_profiles=list(number_profiles()))
