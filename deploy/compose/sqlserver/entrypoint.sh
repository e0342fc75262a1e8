#!/bin/bash
# Reads the password from the file that MSSQL_SA_PASSWORD_FILE names, since SQL Server itself reads no such variable,
# then becomes the server (the arguments).
set -euo pipefail

file=${MSSQL_SA_PASSWORD_FILE:?names no file with the password of sa}
[[ -r $file ]] || { echo "sqlserver: cannot read $file (MSSQL_SA_PASSWORD_FILE)" >&2; exit 2; }
MSSQL_SA_PASSWORD=$(<"$file")
[[ -n $MSSQL_SA_PASSWORD ]] || { echo "sqlserver: $file is empty" >&2; exit 2; }
export MSSQL_SA_PASSWORD
unset MSSQL_SA_PASSWORD_FILE

# Where backups go (docs/operations.md): the server makes no folders.
mkdir -p /var/opt/mssql/backup

exec "$@"
