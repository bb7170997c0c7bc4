import pytest

from localdev.stripe.forms import MalformedFormError, decode_form


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("amount=1299&currency=usd", {"amount": "1299", "currency": "usd"}),
        (
            "payment_method_data[card][number]=42&payment_method_data[type]=card",
            {"payment_method_data": {"card": {"number": "42"}, "type": "card"}},
        ),
        ("expand[]=latest_charge&expand[]=b", {"expand": ["latest_charge", "b"]}),
        ("expand[0]=a&expand[1]=b", {"expand": ["a", "b"]}),
        ("expand[10]=k&expand[9]=j", {"expand": ["j", "k"]}),
        ("items[0][id]=a&items[1][id]=b", {"items": [{"id": "a"}, {"id": "b"}]}),
        ("metadata%5Border_id%5D=o+1%26", {"metadata": {"order_id": "o 1&"}}),
        ("metadata=", {"metadata": ""}),
        ("", {}),
    ],
)
def test_brackets_nest(encoded, decoded):
    assert decode_form(encoded) == decoded


@pytest.mark.parametrize("encoded", ["a[b=1", "a]=1", "a=1&a[b]=2", "a[b]=1&a=2", "[a]=1"])
def test_a_name_that_makes_no_sense_is_refused(encoded):
    with pytest.raises(MalformedFormError):
        decode_form(encoded)


def test_depth_is_bounded():
    with pytest.raises(MalformedFormError, match="nested too deeply"):
        decode_form("a" + "[b]" * 50 + "=1")
