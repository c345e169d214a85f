"""The cards of the overview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import streamlit as st

from checks.company import Diagnosis, SendingMethod
from checks.model import Severity
from dashboard.actions import company_link, explain, moments, wording
from dashboard.actions.company_table import both_forms
from dashboard.actions.plain_text import block
from dashboard.actions.wording import counted, percent
from dashboard.widgets.text import md
from dashboard.widgets.tiles import Bar, Tile, bars, icon_of, tiles
from dashboard.widgets.verdict import badge
from data.companies_search import UNCHECKED
from data.scans import Scan, ScanState
from data.statistics import Overview, Share

MOST_CAUSES = 8


def scan_line(scan: Scan | None, now: datetime) -> None:
    """When everything was looked at last, and how far that came."""
    if scan is None:
        return
    text = scan_text(scan, now)
    if scan.state is ScanState.DONE:
        st.caption(text)
    elif scan.state is ScanState.RUNNING:
        st.info(text, icon=":material/progress_activity:")
    else:
        st.warning(text, icon=":material/warning:")


def scan_text(scan: Scan, now: datetime) -> str:
    done = f"{scan.counts.done:,} of {counted(scan.companies, 'company', 'companies')}"
    if scan.state is ScanState.DONE:
        finished = moments.both(scan.finished_at or scan.started_at, now)
        domains = counted(scan.counts.domains, "domain", "domains")
        return f"Last scan finished {finished}: {done}, {domains}."
    if scan.state is ScanState.RUNNING:
        return f"A scan began {moments.both(scan.started_at, now)} and has looked at {done} so far."
    how = "was interrupted" if scan.state is ScanState.INTERRUPTED else "failed"
    return (
        f"The last scan, begun {moments.both(scan.started_at, now)}, {how} after {done}. "
        "What it found is kept; run `python -m data scan` again for the rest."
    )


def headline(numbers: Overview) -> None:
    """The four numbers that are asked for first."""
    failing = numbers.verdicts()[Severity.FAILURE.word]
    gone = f"{numbers.gone:,} gone, not counted" if numbers.gone else "all in the last import"
    tiles(
        (
            Tile("Companies", "apartment", f"{numbers.companies:,}", gone),
            _validated(numbers),
            _effective(numbers),
            Tile(
                "Failing",
                "error",
                f"{failing:,}" if numbers.checked else "–",
                f"{percent(failing / numbers.companies)} of all" if numbers.checked else "not checked yet",
                "Companies with something that must be mended before their mail is safe to arrive",
            ),
        )
    )


def by_verdict(numbers: Overview) -> None:
    """Companies by verdict, the worst first; each row leads to its companies."""
    with st.container(border=True, height="stretch"):
        st.subheader("Companies by verdict", anchor=False)
        counts = numbers.verdicts()
        rows = [
            Bar(f"{icon_of(word)} {word.label}", counts[verdict], company_link.of_verdict(verdict))
            for verdict, word in wording.VERDICTS.items()
            if counts[verdict] or verdict != UNCHECKED
        ]
        bars("verdicts", rows, numbers.companies)


def by_cause(numbers: Overview) -> None:
    """Why companies fail, the most common cause first."""
    causes = numbers.causes()
    with st.container(border=True):
        st.subheader("Failing by cause", anchor=False)
        if not causes:
            st.markdown(":green[:material/check_circle:] No company is failing.")
        failing = sum(count for _, count in causes)
        if causes:
            st.caption(
                f"Of {counted(failing, 'company that fails', 'companies that fail')}, each by its worst cause"
            )
        bars("causes", _causes(causes[:MOST_CAUSES]), failing)
        if rest := causes[MOST_CAUSES:]:
            companies = counted(sum(count for _, count in rest), "company", "companies")
            with st.expander(f"{counted(len(rest), 'other cause', 'other causes')}: {companies}"):
                bars("other-causes", _causes(rest), failing)


def _causes(causes: Iterable[tuple[str, int]]) -> list[Bar]:
    return [
        Bar(md(explain.general_title(code)), count, company_link.of_cause(code)) for code, count in causes
    ]


def by_method(numbers: Overview) -> None:
    """How the companies send, and how each way fares."""
    with st.container(border=True, height="stretch"):
        st.subheader("By sending method", anchor=False)
        counts = {method: numbers.verdicts(method) for method in SendingMethod}
        st.echarts_chart(_stacked(counts), height=270, alt="Companies by method and verdict")


def stands_on_ours(domain: str | None, own: Diagnosis | None, now: datetime) -> None:
    """For a company that sends from our address: how our own domain fares, unless all is well there."""
    if domain and own and own.verdict <= Severity.NOTE:
        return
    own_domain(domain, own, now, title="This company's mail leaves from our own domain")


def own_domain(
    domain: str | None, own: Diagnosis | None, now: datetime, title: str = "Our own domain"
) -> None:
    """The platform's own domain: all companies that send with its address stand on it."""
    with st.container(border=True):
        st.subheader(title, anchor=False)
        if domain is None:
            st.markdown(
                ":gray[:material/do_not_disturb_on:] Not checked: set `SENDWELL_DOMAIN` and scan again."
            )
        elif own is None:
            st.markdown(f"{badge(wording.NOT_CHECKED)} {md(domain)}: the next scan looks at it.")
        else:
            _own_verdict(own)
            checked = moments.of(own.checked_at)
            st.caption(f"Facts from {moments.both(checked, now)}")


def _own_verdict(diagnosis: Diagnosis) -> None:
    word = wording.VERDICTS[diagnosis.verdict.word]
    st.markdown(f"{badge(word)} **{md(both_forms(diagnosis.domain))}**")
    if diagnosis.cause:
        explanation = explain.explain(diagnosis)
        st.markdown(f"{md(explanation.sentence)} {md(explanation.next_step)}")
    for record in diagnosis.spf_records:
        st.code(block(record), language=None, wrap_lines=True)


def _validated(numbers: Overview) -> Tile:
    share = numbers.validated
    if not numbers.checked:
        return Tile("E-mail validated", "mark_email_read", "–", "not checked yet")
    return Tile(
        "E-mail validated",
        "mark_email_read",
        percent(share.fraction),
        _parts(share),
        "Companies whose profile e-mail is filled in, validated, and takes mail",
    )


def _effective(numbers: Overview) -> Tile:
    own, every = numbers.effective_own_address, numbers.effective_all
    if not numbers.checked:
        return Tile("SPF effective, own address", "verified_user", "–", "not checked yet")
    return Tile(
        "SPF effective, own address",
        "verified_user",
        percent(own.fraction),
        _parts(own),
        "Companies that send with their own address, and whose SPF lets our mail pass from every address we send"
        f" from. Of all companies with a domain, whatever their way: "
        f"{percent(every.fraction)} ({_parts(every)})",
    )


def _parts(share: Share) -> str:
    """What is not known is no failure, so it is told apart."""
    unknown = f", {share.unknown:,} unknown" if share.unknown else ""
    return f"{share.part:,} of {share.whole:,}{unknown}"


def _stacked(counts: Mapping[SendingMethod, Mapping[str, int]]) -> dict[str, object]:
    """One bar for each method, its verdicts stacked; patterns beside colours for those who see no red."""
    methods = list(counts)
    return {
        "animation": False,
        "aria": {"enabled": True, "decal": {"show": True}},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "legend": {"bottom": 0},
        "grid": {"left": 8, "right": 24, "top": 8, "bottom": 64, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1, "splitNumber": 4},
        "yAxis": {"type": "category", "inverse": True, "data": [wording.METHODS[m] for m in methods]},
        "series": [
            {
                "name": word.label,
                "type": "bar",
                "stack": "all",
                "barWidth": 24,
                "data": [counts[method][verdict] for method in methods],
            }
            for verdict, word in wording.VERDICTS.items()
            if verdict != UNCHECKED or any(counts[method][verdict] for method in methods)
        ],
    }
