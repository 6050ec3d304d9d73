#!/usr/bin/env bash
# check_abi.sh MODULE.so NGINX: the module's signature must be the binary's, and every ngx_ symbol it
# needs must be exported there; otherwise nginx would refuse it, or crash, at start.
set -euo pipefail
module=$1 nginx=$2
signature() { strings "$1" | grep -E '^[0-9],[0-9],[0-9],[01]{34}$' | sort -u; }
if [ "$(signature "$module")" != "$(signature "$nginx")" ]; then
  echo "$module was built for another nginx than $nginx: install the nginx-dev of the same version" >&2
  exit 1
fi
missing=$(comm -23 <(nm -D --undefined-only "$module" | awk '{print $2}' | grep '^ngx_' | sort -u) \
                   <(nm -D --defined-only "$nginx" | awk '{print $3}' | sort -u))
if [ -n "$missing" ]; then
  echo "$nginx does not export what $module needs:" $missing >&2
  exit 1
fi
