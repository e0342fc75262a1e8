#!/bin/bash
# sqlcmd under the path that it had before its version 18, which is the one that people know:
#
#   docker exec user-onboarding-db /opt/mssql-tools/bin/sqlcmd -S localhost -U sa -Q "SELECT @@VERSION"
#
# The server's certificate is its own, so it is trusted. Without -P, or with the stand-in `-P password`, which no policy
# of the server would allow, the password is the one that the server was started with.
set -euo pipefail

arguments=()
password=
while (($#)); do
  case $1 in
    -P) password=${2-} && shift ;;
    -P*) password=${1#-P} ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

if [[ -z $password || $password == password ]]; then password=$(</run/secrets/db_password); fi
# By the environment, not by the list of processes.
SQLCMDPASSWORD=$password exec /opt/mssql-tools18/bin/sqlcmd -C "${arguments[@]}"
