"""How strong the evidence for a statement is. Graded, and never flattered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum


class Grade(IntEnum):
    """From weakest to strongest, as far as the machine's own work goes.

    A cited step stands below a tested one here: the book takes it from a source, and the
    machine added nothing.
    """

    INCONCLUSIVE = 0
    CITED = 1
    TESTED = 2
    CERTIFIED = 3
    PROVED_FOR_SIZES = 4
    PROVED = 5


MARKS = {
    Grade.PROVED: "✓",
    Grade.PROVED_FOR_SIZES: "✓",
    Grade.CERTIFIED: "✓",
    Grade.TESTED: "≈",
    Grade.CITED: "❝",
    Grade.INCONCLUSIVE: "?",
}


@dataclass(frozen=True)
class Evidence:
    """A grade with what it rests on.

    ``cases`` counts the random instances that agreed, whatever the grade: a proved step is
    tested as well. ``sizes`` names the sizes of a proof that holds for those only.
    """

    grade: Grade
    cases: int = 0
    sizes: tuple[int, ...] = ()
    note: str = ""

    @property
    def mark(self) -> str:
        return MARKS[self.grade]

    def __str__(self) -> str:
        match self.grade:
            case Grade.PROVED | Grade.PROVED_FOR_SIZES:
                text = "proved" + self._for_sizes()
            case Grade.CERTIFIED:
                text = "certified" + self._for_sizes()
            case Grade.TESTED:
                text = f"tested ({self.cases} case{'s' * (self.cases != 1)})"
            case Grade.CITED:
                text = f"cited ({self.cases} cases agree)" if self.cases else "cited"
            case Grade.INCONCLUSIVE:
                text = "inconclusive"
        return f"{text}: {self.note}" if self.note else text

    def _for_sizes(self) -> str:
        return f" for n = {', '.join(map(str, self.sizes))}" if self.sizes else ""


PROVED = Evidence(Grade.PROVED)


def weakest(evidence: list[Evidence]) -> Evidence:
    """A chain of steps is as strong as its weakest step.

    Among proofs for named sizes only the sizes that all of them cover remain.
    """
    grade = min(e.grade for e in evidence)
    lowest = next(e for e in evidence if e.grade is grade)
    lowest = replace(lowest, cases=min(e.cases for e in evidence))
    named = [set(e.sizes) for e in evidence if e.sizes]
    if grade < Grade.CERTIFIED or not named:
        return lowest
    common = set.intersection(*named)
    if not common:
        return Evidence(Grade.INCONCLUSIVE, note="the steps are proved for no size in common")
    return replace(lowest, sizes=tuple(sorted(common)))
