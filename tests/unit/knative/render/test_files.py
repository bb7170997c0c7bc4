from knative.render.files import differences, write

NAME = "knative/services/a-b.yaml"


def test_what_is_missing_is_written(tmp_path):
    assert write(tmp_path, {NAME: "x"}) == [f"missing {NAME}"]
    assert (tmp_path / NAME).read_text() == "x"
    assert differences(tmp_path, {NAME: "x"}) == []


def test_what_is_stale_is_renewed(tmp_path):
    write(tmp_path, {NAME: "x"})
    assert differences(tmp_path, {NAME: "y"}) == [f"stale {NAME}"]
    write(tmp_path, {NAME: "y"})
    assert (tmp_path / NAME).read_text() == "y"


def test_what_nothing_leads_to_any_more_is_deleted(tmp_path):
    write(tmp_path, {NAME: "x", "README.md": "r"})
    assert differences(tmp_path, {"README.md": "r"}) == [f"extra {NAME}"]
    write(tmp_path, {"README.md": "r"})
    assert not (tmp_path / NAME).exists()


def test_a_check_writes_nothing(tmp_path):
    differences(tmp_path, {NAME: "x"})
    assert list(tmp_path.iterdir()) == []
