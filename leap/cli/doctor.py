"""``leap doctor``: what works here, and how to get what is missing."""

from leap.errors import LeapError


def doctor() -> None:
    """Report versions, device, data and weights, and the command that gets whatever is missing.

    The report is Markdown for an issue: it holds no personal path and no secret. The exit status is 0 if the
    core works, whatever else is missing.
    """
    from leap.doctor import as_markdown, core_problems, examine

    findings = examine()
    print(as_markdown(findings))
    if problems := core_problems(findings):
        raise LeapError(f"the core does not work: see {', '.join(problems)} above")
