"""The balancer beside nginx and HAProxy: see docs/performance.md.

cases       what is measured, and the targets
contenders  who takes part, and how each is configured
running     a contender that is started, checked, and ended
upstreams   the servers behind it
load        the clients in front of it
procfs      CPU time, memory and system calls of processes
measure     one run of one case by one contender, with the proof that the work was done
rounds      all runs, interleaved
statistics  medians, spreads, ratios
report      tables and promises
pick        the micro benchmark of picking a server
plot        the SVG
publish     the report's files
machine     cores, limits, and what the figures were taken on
callgrind   instructions by room (instructions.py)
"""
