"""``valetkey check-provider``: plays the record of a provider against the sandbox, and says what is wrong with it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from .. import providers
from ..errors import SettingsError
from ..frameworks.commands import stop
from ..providers.record.built_in import RECIPES
from ..testing import running_sandbox
from ..testing.conformance import GROUPS, Candidate, Result, built_in, own, play, row_of
from ..testing.conformance.report import UNPLAYED


@click.command("check-provider")
@click.argument("provider", metavar="NAME|FILE")
@click.option("--verbose", is_flag=True, help="Also list the checks that hold, and what cannot be found out.")
def check_provider(provider: str, verbose: bool) -> None:
    """Play a provider's record against the sandbox, and say what is wrong with it.

    NAME is a provider that ships with valetkey. FILE is a file of your own, in Python, with a record or a function that
    makes a Provider; write FILE:NAME if it has several. For a provider that the sandbox does not know, the file also
    has EXAMPLE: the reply that says who the user is, as the provider documents it.
    """
    found = held = 0
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # the failures of these logins are meant
    try:
        for candidate in _candidates(provider):
            results = play(candidate)
            found += len(results)
            held += sum(one.holds for one in results)
            _print(candidate, results, verbose=verbose)
    except own.Unusable as fault:
        found = _unplayed(str(fault))
    except SystemExit as fault:
        if fault.code:
            raise
        # Of the file's own code, since stop() has another status. It must not count as success.
        found, held = _unplayed("The file ended the process (SystemExit)."), 0
    finally:
        logging.disable(before)
    click.echo(f"{held} of {found} checks hold")
    sys.exit(0 if held == found else 1)


def _unplayed(why: str) -> int:
    """Print why nothing was played.

    Returns:
        The number of checks.
    """
    click.echo(f"FAILS  the record can be played\n       {why}")
    return sum(map(len, GROUPS.values()))


def _candidates(provider: str) -> Iterator[Candidate]:
    file, name = Path(provider), None
    named = file.stem if file.resolve().parent == Path(providers.__path__[0]).resolve() else provider
    if named in RECIPES:
        yield from _built_in(named)
        return
    if not file.is_file() and ":" in provider:
        before, _, name = provider.rpartition(":")
        file = Path(before)
    if not file.is_file():
        stop(f"{provider!r} is no file, and no provider; there are {', '.join(RECIPES)}")
    with own.candidate_of(own.read(file, name)) as candidate:
        yield candidate


def _built_in(provider: str) -> Iterator[Candidate]:
    with running_sandbox() as sandbox:
        for played in built_in.played_as(provider):
            try:
                candidate = built_in.candidate_of(played, sandbox)
            except (SettingsError, ValueError) as fault:
                stop(fault.hint if isinstance(fault, SettingsError) else str(fault))
            with closing(candidate):
                yield candidate


def _print(candidate: Candidate, results: list[Result], *, verbose: bool) -> None:
    click.echo(row_of(candidate.first.outcome.identity, candidate.label))
    for result in results:
        if UNPLAYED in result.faults and not verbose:
            continue
        if verbose or not result.holds:
            click.echo(f"{'holds' if result.holds else 'FAILS'}  {result.check.name}")
        for sentence in (*result.faults, *(result.notes if verbose else ())):
            click.echo(f"       {sentence}")
        if not result.holds and UNPLAYED not in result.faults:
            click.echo(f"       Look at {result.check.look}.")
