"""Currencies and the smallest and largest charge (https://docs.stripe.com/currencies)."""

from localdev.stripe.errors import invalid

# The smallest charge in minor units, where Stripe names one; else one minor unit.
_MINIMUMS = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_WITHOUT_MINOR_UNIT = {
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv",
    "xaf", "xof", "xpf",
}  # fmt: skip
_OTHERS = {
    "afn", "all", "amd", "ang", "aoa", "ars", "awg", "azn", "bam", "bbd", "bdt", "bmd", "bnd",
    "bob", "bsd", "bwp", "byn", "bzd", "cdf", "cny", "cop", "crc", "cve", "dop", "dzd", "egp",
    "etb", "fjd", "fkp", "gel", "gip", "gmd", "gtq", "gyd", "hnl", "htg", "idr", "ils", "isk",
    "jmd", "kes", "kgs", "khr", "kyd", "kzt", "lak", "lbp", "lkr", "lrd", "lsl", "mad", "mdl",
    "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mzn", "nad", "ngn", "nio", "npr", "pab",
    "pen", "pgk", "php", "pkr", "qar", "rsd", "sar", "sbd", "scr", "shp", "sle", "sos", "srd",
    "std", "szl", "tjs", "top", "try", "ttd", "twd", "tzs", "uah", "uyu", "uzs", "wst", "xcd",
    "yer", "zar", "zmw",
}  # fmt: skip
_ALL = _OTHERS | _WITHOUT_MINOR_UNIT | set(_MINIMUMS)
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}
_MAXIMUM = 99_999_999


def check_currency(currency: str) -> str:
    """The currency in lower case, if money can be taken in it."""
    lower = currency.lower()
    if lower not in _ALL:
        supported = ", ".join(sorted(_ALL))
        raise invalid(
            "currency",
            f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            f"{supported}",
        )
    return lower


def check_amount(amount: int, currency: str) -> int:
    """The amount, if it is neither too small nor too large to be charged."""
    if amount < 1:
        raise invalid(
            "amount",
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
        )
    smallest = _MINIMUMS.get(currency, 1)
    if amount < smallest:
        least = written(smallest, currency)
        raise invalid("amount", f"Amount must be at least {least} {currency}", "amount_too_small")
    if amount > _MAXIMUM:
        most = written(_MAXIMUM, currency)
        raise invalid(
            "amount", f"Amount must be no more than {most} {currency}", "amount_too_large"
        )
    return amount


def written(amount: int, currency: str) -> str:
    """Minor units as people write them: 1299 usd is ``$12.99``."""
    sign = _SIGNS.get(currency, "")
    if currency in _WITHOUT_MINOR_UNIT:
        return f"{sign}{amount:,}"
    return f"{sign}{amount // 100:,}.{amount % 100:02}"
