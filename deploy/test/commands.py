"""Runs the commands of our pages as they stand: commands.py [PAGE]...

Every block of commands on a page (a fence named bash, console or sh) follows a comment that says what is to become of it:

    <!-- run in staging          where: see ENVIRONMENTS; `for 5 s` ends what goes on by itself
    before: docker kill …        what has to have happened, as on a page that says what to do about it
    after: mv kept changed       what takes back what the other blocks are not to see
    exit: 1                      how the block ends; 0 if nothing is said
    expect: three words          in what the block prints; /…/ is a regular expression
    -->

or `<!-- not run: REASON -->`. A block with neither is an error, and so is a page with a block that does not end well. Of a
`console` block, what follows `$ ` is run; the rest shows what it may print.
"""

import os
import pathlib
import re
import subprocess
import sys
import time

FENCE = re.compile(r"(?:<!--(?P<marker>(?:(?!-->).)*)-->\n+)?^```(?P<language>bash|console|sh)\n(?P<text>.*?)^```$", re.M | re.S)
RUN = re.compile(r"\s*run in (?P<environment>[a-z]+)(?: for (?P<seconds>\d+) s)?\s*(?:\n(?P<lines>.*))?$", re.S)
LIMIT = 1800

# Until the balancer uses so many backends and the page answers; that is much sooner than Docker's first check of a container.
READY = """
for second in {1..90}; do
  if curl -fs localhost:8080/health | jq -e '[.instances[] | select(.state == "up")] | length >= %d' >/dev/null &&
    curl -fs localhost:3000/api/health >/dev/null; then exit; fi
  sleep 1
done
docker compose -f %s ps --all
exit 1"""
STAGING = "docker compose -f docker-compose.scale.yml up -d\n" + READY % (3, "docker-compose.scale.yml")
DEVELOPMENT = "docker compose up -d\n" + READY % (1, "docker-compose.yml")
NOTHING = "docker compose -f docker-compose.scale.yml --profile '*' down; docker compose down"
# What is made sure of before a block, by a command of its own.
ENVIRONMENTS = {"anything": None, "nothing": NOTHING, "staging": STAGING, "development": DEVELOPMENT}


class Wrong(Exception):
    """Says what is wrong with a block, and where."""


def commands(language, text):
    """What a person types of a block."""
    if language != "console":
        return text
    typed, going_on = [], False
    for line in text.splitlines():
        if going_on:
            typed.append(line)
        elif line.startswith("$ "):
            typed.append(line[2:])
        else:
            continue
        going_on = line.rstrip().endswith("\\")
    return "\n".join(typed) + "\n"


def shell(script, seconds=None):
    """Exit code and output of a script; `seconds` ends what goes on by itself, which is well."""
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        # Whoever is asked says yes.
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0,
    )
    try:
        output, _ = process.communicate("y\n" * 10, timeout=seconds or LIMIT)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 2)
        output, _ = process.communicate()
        return (0 if seconds else 124), output


current = "unknown"


def prepare(environment):
    """Staging is brought up anew before each block, since the last one may have taken something of it away."""
    global current
    if environment == "anything":
        return
    if environment != current:
        # Ours alone are there, and what is not there cannot be ended.
        shell(NOTHING)
    script = ENVIRONMENTS[environment]
    code, output = shell(script)
    if code and environment != "nothing":
        raise Wrong(f"no {environment}: {output[-3000:]}")
    current = environment


def aside(said, kind, where):
    """What the comment of a block wants done before or after it."""
    for script in (value for word, _, value in said if word == kind):
        code, output = shell(script)
        if code:
            raise Wrong(f"{where}: {kind}: {script}: {output}")


def read(match, where):
    """Environment, seconds if it has to be ended, and the lines of a block's comment."""
    marker = RUN.match(match["marker"])
    if not marker:
        raise Wrong(f"{where}: cannot read the comment: {match['marker'].strip()}")
    if marker["environment"] not in ENVIRONMENTS:
        raise Wrong(f"{where}: no environment '{marker['environment']}'; there are: {', '.join(ENVIRONMENTS)}")
    said = [line.strip().partition(": ") for line in (marker["lines"] or "").splitlines() if line.strip()]
    unknown = [word for word, _, _ in said if word not in ("before", "after", "exit", "expect")]
    if unknown:
        raise Wrong(f"{where}: what is {unknown}?")
    return marker["environment"], marker["seconds"] and int(marker["seconds"]), said


def run(match, where):
    environment, seconds, said = read(match, where)
    prepare(environment)
    aside(said, "before", where)
    script = commands(match["language"], match["text"])
    began = time.monotonic()
    code, output = shell(script, seconds)
    took = time.monotonic() - began
    aside(said, "after", where)
    first = next(line for line in script.splitlines() if line and not line.startswith("#"))
    print(f"· {where}: {first} ({took:.1f} s)", file=sys.stderr, flush=True)
    if code != next((int(value) for word, _, value in said if word == "exit"), 0):
        raise Wrong(f"{where}: exit code {code}\n{script}\n{output[-3000:]}")
    for wanted in (value for word, _, value in said if word == "expect"):
        found = re.search(wanted[1:-1], output, re.M) if re.fullmatch("/.+/", wanted) else wanted in output
        if not found:
            raise Wrong(f"{where}: nothing like {wanted} in\n{output[-3000:]}")


def blocks(page):
    text = page.read_text()
    for match in FENCE.finditer(text):
        yield match, f"{page}:{text[: match.start('language')].count(chr(10)) + 1}"


def main(pages):
    """The number of blocks that failed. All pages are read before the first block runs; one that fails does not keep the
    others from running."""
    passed, failed, left = 0, 0, []
    everything = [block for page in pages for block in blocks(page)]
    for match, where in everything:
        marker = (match["marker"] or "").strip()
        if not marker.startswith(("run in ", "not run: ")):
            raise Wrong(f"{where}: says neither `run in …` nor `not run: …`")
        if marker.startswith("run in "):
            read(match, where)
    for match, where in everything:
        if match["marker"].strip().startswith("not run: "):
            left.append((where, match["marker"].strip().removeprefix("not run: ")))
            continue
        try:
            run(match, where)
            passed += 1
        except Wrong as wrong:
            print(f"error: {wrong}", file=sys.stderr, flush=True)
            failed += 1
    for where, reason in left:
        print(f"not run: {where}: {' '.join(reason.split())}")
    print(f"Blocks of {len(pages)} pages, run as they stand:")
    print(f"commands: {passed} passed, {failed} failed, {len(left)} skipped")
    return failed


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["README.md", *sorted(map(str, pathlib.Path("docs").glob("*.md")))]
    try:
        sys.exit(bool(main([pathlib.Path(page) for page in chosen])))
    except Wrong as wrong:
        sys.exit(f"error: {wrong}")
