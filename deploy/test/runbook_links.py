"""Every alert's runbook link leads to a heading of the document that it names."""

import glob
import re
import sys

bad = 0
for file in glob.glob("deploy/prometheus/rules/*.yml"):
    for path, anchor in re.findall(r"runbook_url: (\S+)#(\S+)", open(file).read()):
        try:
            headings = re.findall(r"^#+ (.+)$", open(path).read(), re.MULTILINE)
        except OSError as error:
            headings = []
            print(error, file=sys.stderr)
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        if anchor not in anchors:
            bad += 1
            print(f"{file}: {path} has no heading for #{anchor}", file=sys.stderr)
sys.exit(bool(bad))
