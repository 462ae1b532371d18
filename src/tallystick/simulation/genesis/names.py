"""Names that cannot be taken for real ones: persons and companies from small tables of syllables.

Family names are the ten heavenly stems and given names begin with a word for "made up", so that no list of real people
holds them; identity numbers begin with Z7, which is never given out; mail goes to `example.invalid`.

>>> person(0, seed=7)["name"], person(0, seed=7)["name_en"]
('癸樣秋', 'Yangqiu Gui')
>>> identity_of(123)
'Z700000123'
"""

from __future__ import annotations

import hashlib

__all__ = ["COMPANY_WORDS", "STEMS", "branch_name", "company_name", "identity_of", "person"]


def _pairs(chinese: str, english: str) -> tuple[tuple[str, str], ...]:
    """Chinese words and their English ones, both parted by blanks."""
    return tuple(zip(chinese.split(), english.split(), strict=True))


STEMS = _pairs("甲 乙 丙 丁 戊 己 庚 辛 壬 癸", "Jia Yi Bing Ding Wu Ji Geng Xin Ren Gui")
"""The heavenly stems, as family names and to number companies."""

MADE_UP = _pairs("虛 擬 假 仿 樣 試 範 模", "Xu Ni Jia Fang Yang Shi Fan Mo")
GIVEN = _pairs(
    "安 平 和 明 清 晴 雨 雲 山 河 海 林 松 竹 梅 蘭 春 夏 秋 冬 東 南 西 北 金 玉 石 光 月 星 文 武",
    "an ping he ming qing qing yu yun shan he hai lin song zhu mei lan chun xia qiu dong dong nan xi bei jin yu shi "
    "guang yue xing wen wu",
)

COMPANY_WORDS = _pairs(
    "虛擬 仿真 試作 範例 樣本 假想 模型 空設 演練 擬設",
    "Virtual Replica Trial Example Sample Imagined Model Hollow Drill Supposed",
)
"""First words of companies: each says that there is no such company."""


def branch_name(number: int) -> tuple[str, str]:
    """Chinese and English name of the firm's `number`-th place of business; 0 is the head office.

    >>> branch_name(2)
    ('乙示範分公司', 'Yi Demonstration Branch')
    """
    if number == 0:
        return "總公司", "Head Office"
    rounds, place = divmod(number - 1, len(STEMS))
    stem, stem_en = STEMS[place]
    again = f" {rounds + 1}" if rounds else ""
    return f"{stem}示範分公司{again.strip()}", f"{stem_en} Demonstration Branch{again}"


def identity_of(number: int) -> str:
    """The identity number of the `number`-th made-up person: Z7 and eight digits, a form that is never given out."""
    return f"Z7{number:08d}"


def person(number: int, *, seed: int) -> dict[str, str]:
    """The personal fields of a made-up person, as the vault keeps them."""
    draw = hashlib.blake2b(f"{seed}/{number}".encode(), digest_size=8).digest()
    family, family_en = STEMS[draw[0] % len(STEMS)]
    first, first_en = MADE_UP[draw[1] % len(MADE_UP)]
    second, second_en = GIVEN[draw[2] % len(GIVEN)]
    year, month, day = 1935 + draw[3] % 72, 1 + draw[4] % 12, 1 + draw[5] % 28
    return {
        "name": family + first + second,
        "name_en": f"{first_en}{second_en} {family_en}",
        "identity": identity_of(number),
        "born_on": f"{year}-{month:02d}-{day:02d}",
        "email": f"client{number}@example.invalid",
    }


def company_name(number: int, industry: tuple[str, str]) -> tuple[str, str]:
    """Chinese and English name of the `number`-th company of an industry.

    >>> company_name(12, ("水泥", "Cement"))
    ('仿真丙水泥', 'Replica Bing Cement')
    """
    word, word_en = COMPANY_WORDS[number // len(STEMS) % len(COMPANY_WORDS)]
    stem, stem_en = STEMS[number % len(STEMS)]
    return f"{word}{stem}{industry[0]}", f"{word_en} {stem_en} {industry[1]}"
