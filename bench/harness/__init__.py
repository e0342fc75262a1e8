"""The balancer beside nginx and HAProxy: see docs/performance.md.

cases       what is measured, and the targets
contenders  how each contender is configured and started
upstreams   the servers behind them
load        the clients in front of them
procfs      CPU time, memory and system calls of processes
measure     one run of one case by one contender, with its checks
statistics  medians, spreads, ratios
report      the table, JSON and Markdown
plot        the SVG
"""
