import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from leap.errors import LeapError
from leap.experiments import notebooks
from leap.experiments.notebooks import check_parameters, execute


def write(path, *sources):
    """A notebook whose parameters cell has ``profile``, followed by code cells."""
    parameters = new_code_cell('profile: str = "smoke"', metadata={"tags": ["parameters"]})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=[parameters, *map(new_code_cell, sources)], metadata=kernel), path)
    return path


def test_good_notebook_sees_its_parameters(tmp_path):
    notebook, output = write(tmp_path / "good.ipynb", "print('profile is', profile)"), tmp_path / "out.ipynb"
    before = notebook.read_bytes()
    execute(notebook, output, {"profile": "laptop"})
    cells = nbformat.read(output, 4).cells
    assert cells[-1].outputs[0].text == "profile is laptop\n"
    assert cells[1].metadata.tags == ["injected-parameters", "remove-cell"]
    assert {path.name for path in tmp_path.iterdir()} == {"good.ipynb", "out.ipynb"}
    assert notebook.read_bytes() == before


def test_failing_cell_leaves_no_output(tmp_path):
    notebook, output = write(tmp_path / "bad.ipynb", "print('so far')", "1 / 0"), tmp_path / "out.ipynb"
    output.write_text("old")
    with pytest.raises(LeapError) as error:
        execute(notebook, output, {})
    message = str(error.value)
    assert message.startswith(f"{notebook}: ")
    assert "ZeroDivisionError: division by zero" in message
    assert "\n" not in message
    assert output.read_text() == "old"
    assert "so far" in (tmp_path / "out.ipynb.failed").read_text()
    assert len(list(tmp_path.iterdir())) == 3


def test_unknown_parameter_is_refused_before_executing(tmp_path):
    trace = tmp_path / "trace"
    notebook = write(tmp_path / "good.ipynb", f"open({str(trace)!r}, 'w')")
    with pytest.raises(LeapError, match=r"^[^\n]*good\.ipynb: unknown parameter 'profil'; it has profile$"):
        execute(notebook, tmp_path / "out.ipynb", {"profile": "smoke", "profil": "full"})
    assert not trace.exists()
    assert not (tmp_path / "out.ipynb").exists()


def test_a_notebook_is_python_whatever_it_says(tmp_path):
    notebook, output = write(tmp_path / "good.ipynb", "print(profile)"), tmp_path / "out.ipynb"
    read = nbformat.read(notebook, 4)
    read.metadata.kernelspec |= {"name": "python", "language": "python3"}  # either names the other
    nbformat.write(read, notebook)
    execute(notebook, output, {"profile": "full"})
    assert nbformat.read(output, 4).cells[-1].outputs[0].text == "full\n"


def test_braces_are_part_of_a_path(tmp_path):
    output = tmp_path / "{profile}" / "o{b}.ipynb"
    execute(write(tmp_path / "n{x}.ipynb"), output, {"profile": "full"})
    assert 'profile = "full"' in output.read_text().replace("\\", "")


def test_values_are_texts_that_stay_as_they_are(tmp_path):
    notebook, output = write(tmp_path / "good.ipynb", "print(ascii(profile))"), tmp_path / "out.ipynb"
    value = "a'b\"\\ü\n\x1b{profile} # 1"
    execute(notebook, output, {"profile": value})
    assert nbformat.read(output, 4).cells[-1].outputs[0].text == f"{value!a}\n"
    with pytest.raises(LeapError, match=r"profile='\\udcff' holds bytes that are not UTF-8"):
        execute(notebook, output, {"profile": "\udcff"})


NO_CELL = b'{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
HALF = b'{"cells": [], "metadata": {"a": "\\ud800"}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.mark.parametrize("content", [None, b"", b"{}", b"no notebook", b"\xff", NO_CELL, HALF])
def test_what_is_not_a_notebook_is_one_line(content, tmp_path):
    path = tmp_path / "some.ipynb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LeapError, match=r"^[^\n]*some\.ipynb: [^\n]*$"):
        check_parameters(path, {})


def test_a_multiline_error_is_one_line(tmp_path, monkeypatch):
    import papermill

    def fail(source, output, *_, **__):
        write(output)
        raise papermill.PapermillExecutionError(0, 3, "", "ValueError", "first\nsecond", [])

    monkeypatch.setattr(papermill, "execute_notebook", fail)
    with pytest.raises(LeapError, match=r"^[^\n]*ValueError: first second[^\n]*$"):
        notebooks.execute(write(tmp_path / "bad.ipynb"), tmp_path / "out.ipynb", {})


def test_a_killed_kernel_is_one_line(tmp_path, capfd):
    notebook = write(tmp_path / "bad.ipynb", "print('so far')", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(LeapError, match=r"^[^\n]*bad\.ipynb: its kernel died, perhaps for lack of memory;"):
        execute(notebook, tmp_path / "out.ipynb", {})
    assert capfd.readouterr().err == ""
    assert "so far" in (tmp_path / "out.ipynb.failed").read_text()
    assert not (tmp_path / "out.ipynb").exists()


def test_a_notebook_without_a_kernel_runs_in_python(tmp_path):
    notebook, output = write(tmp_path / "good.ipynb", "print(profile)"), tmp_path / "out.ipynb"
    read = nbformat.read(notebook, 4)
    del read.metadata["kernelspec"]
    nbformat.write(read, notebook)
    execute(notebook, output, {"profile": "full"})
    assert nbformat.read(output, 4).cells[-1].outputs[0].text == "full\n"


def test_a_missing_kernel_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "KERNEL", "no-such-kernel")
    with pytest.raises(LeapError, match="no Jupyter kernel no-such-kernel; `pip install ipykernel`"):
        execute(write(tmp_path / "good.ipynb"), tmp_path / "out.ipynb", {})
    assert [path.name for path in tmp_path.iterdir()] == ["good.ipynb"]


def test_a_notebook_without_parameters_has_none(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "n.ipynb")
    check_parameters(tmp_path / "n.ipynb", {})
    with pytest.raises(LeapError, match="unknown parameter 'a'; it has none"):
        check_parameters(tmp_path / "n.ipynb", {"a": "1"})


def test_a_folder_is_no_notebook(tmp_path):
    with pytest.raises(LeapError, match=f"{tmp_path}: is a folder$"):
        check_parameters(tmp_path, {})
