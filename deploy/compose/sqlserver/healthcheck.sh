#!/bin/bash
# Healthy once the server answers a query. The password goes by the environment, not by the list of processes.
set -euo pipefail

SQLCMDPASSWORD=$(</run/secrets/db_password)
export SQLCMDPASSWORD
for sqlcmd in /opt/mssql-tools18/bin/sqlcmd /opt/mssql-tools/bin/sqlcmd; do
  # -C: the certificate is the server's own; -b: an error of the query is an error of the command.
  if [[ -x $sqlcmd ]]; then exec "$sqlcmd" -C -b -l 8 -S localhost -U sa -Q "SELECT 1" >/dev/null; fi
done
echo "no sqlcmd in this image" >&2
exit 1
