#!/usr/bin/env bash
# Uploads with curl: CA PROTOCOL, then URL SIZE MODE for each request. Prints a line for each answer.
ca=$1 protocol=$2
shift 2
while (($#)); do
  url=$1 size=$2 mode=$3
  shift 3
  options=(--silent --show-error --cacert "$ca" "--http$protocol" --max-time 30 --output /dev/null --request POST)
  options+=(--write-out '%{http_version} %{http_code} %{size_download}\n')
  case $mode in
    stream) options+=(--header 'Expect:' --upload-file -) ;;
    plain) options+=(--header 'Expect:' --data-binary @-) ;;
    expect) options+=(--header 'Expect: 100-continue' --expect100-timeout 20 --data-binary @-) ;;
  esac
  head --bytes "$size" /dev/zero | curl "${options[@]}" "$url" 2>&1 || echo "failed: curl"
done
