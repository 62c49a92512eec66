#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# layers.sh [TREE]: who may include what, and who may print. The direction of dependency:
#
#   cmd -> reconcile -> model        backends -> model, reconcile/backend.h
#   worker -> libc, crypto, backends/tunnel/{protocol,wire}*.h, which it shares with its client
#
# A folder under backends/ sees itself and the headers directly in backends/, never a sibling.
# Each library's headers have one home. Only cmd/ prints, exits and reads options; arena.c may when
# memory ends. Without TREE it checks the project, after it has found what is planted in a tree
# of its own. The status is 1 when something is found.
set -euo pipefail

# rules FILE: two extended regular expressions, the project headers and the library headers
# that FILE may include. libc and the kernel's headers are everybody's.
rules() {
	local own libraries='^$' protocol='^backends/tunnel/(protocol|wire)[a-z_]*\.h$'
	case $1 in
	cmd/vnettunnel.c) own="^backends/tunnel/worker/|$protocol" ;;
	cmd/*) own='^(cmd|reconcile|model)/|^backends/([^/]*|nft/scope\.h)$' ;;
	reconcile/*) own='^(reconcile|model)/' ;;
	model/*) own='^model/' ;;
	backends/tunnel/worker/*) own="^backends/tunnel/worker/|$protocol" ;;
	backends/tunnel/protocol* | backends/tunnel/wire*) own=$protocol ;;
	backends/backends.c) own='^(backends|model)/|^reconcile/backend\.h$' ;;
	backends/*/*) own="^${1%/*}/[^/]*\$|^backends/[^/]*\$|^model/|^reconcile/backend\\.h\$" ;;
	backends/*) own='^backends/[^/]*$|^model/|^reconcile/backend\.h$' ;;
	esac
	case $1 in
	model/document*.c) libraries='^yaml\.h$' ;;
	model/digest.c) libraries='^(md5|sha[0-9]*)\.h$' ;;
	cmd/output_json*.c | cmd/input_json.c) libraries='^jansson\.h$' ;;
	backends/nft/*) libraries='^nftables/' ;;
	backends/tunnel/worker/crypto/*) libraries='^openssl/' ;;
	backends/tunnel/worker/*) ;;
	backends/rtnl/* | backends/netns/* | backends/[!/]*.[ch]) libraries='^netlink/' ;;
	esac
	printf '%s\n%s\n' "$own" "$libraries"
}

library_headers='^(yaml|jansson|md[0-9]+|rmd160|sha[0-9]*|cmocka)\.h$|^(netlink|nftables|openssl|libmnl|libnftnl|systemd)/'

# includes FILE: a line `NUMBER QUOTE HEADER` for each include.
includes() {
	sed -nE 's/^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">].*/\1 \2/; t print; d; :print; =; p' "$1" |
		paste -d ' ' - -
}

# Calls of functions that only cmd/ may call, with comments and strings taken out.
# The worker is a program of its own and may write to its log, stderr.
forbidden_calls() {
	local calls='v?printf|puts|putchar|perror|exit|getopt|getopt_long|errx?|warnx?|abort_with'
	local streams='stdout|stderr'
	[[ $1 != backends/tunnel/worker/* ]] || streams=stdout
	awk '
	{
		gsub(/\\./, "")
		gsub(/"[^"]*"/, "\"\"")
		line = ""
		while (length($0)) {
			if (inside) {
				end = index($0, "*/")
				if (!end) { $0 = ""; break }
				$0 = substr($0, end + 2); inside = 0
			} else {
				start = index($0, "/*")
				if (!start) { line = line $0; break }
				line = line substr($0, 1, start - 1)
				$0 = substr($0, start + 2); inside = 1
			}
		}
		print line
	}' "$1" | grep -nE "(^|[^a-zA-Z0-9_.>])($calls)[ ]*\(|\b($streams)\b" || true
}

check_file() {
	local file=$1 own libraries number quote header
	{ read -r own; read -r libraries; } < <(rules "$file")
	while read -r number quote header; do
		if [[ $quote == '"' ]]; then
			[[ $header =~ $own ]] || echo "$file:$number: must not include \"$header\""
		elif [[ $header =~ $library_headers && ! $header =~ $libraries ]]; then
			echo "$file:$number: is not the home of <$header>"
		fi
	done < <(includes "$file")
	# Out of memory is the one end that has no way up: arena.c.
	if [[ $file != cmd/* && $file != model/arena.c ]]; then
		forbidden_calls "$file" | sed "s|^\([0-9]*\):[ \t]*|$file:\1: only cmd/ may: |"
	fi
}

check_tree() (
	cd "$1"
	folders=()
	for folder in cmd model reconcile backends; do
		[[ ! -d $folder ]] || folders+=("$folder")
	done
	[[ ${#folders[@]} == 0 ]] || find "${folders[@]}" -name '*.[ch]' | sort | while read -r file; do
		check_file "$file"
	done
)

# Each planted line is a violation, and its mirror image is allowed.
self_test() {
	local tree found expected
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' RETURN
	plant() { mkdir -p "$tree/${1%/*}" && printf '%s\n' "$2" >>"$tree/$1"; }
	plant model/a.c '#include "reconcile/diff.h"'
	plant model/a.c '#include <jansson.h>'
	plant model/a.c '  # include <yaml.h>'
	plant model/a.c 'int f(void) { printf("x"); }'
	plant model/a.c 'exit(1);'
	plant reconcile/b.c '#include "backends/rtnl/link.h"'
	plant reconcile/b.c 'fprintf(stderr, "x");'
	plant backends/rtnl/c.c '#include "backends/nft/nft.h"'
	plant backends/rtnl/c.c '#include "reconcile/plan.h"'
	plant backends/rtnl/c.c '#include <nftables/libnftables.h>'
	plant backends/tunnel/worker/d.c '#include "model/error.h"'
	plant backends/tunnel/worker/d.c '#include <netlink/netlink.h>'
	plant backends/tunnel/worker/d.c '#include <openssl/evp.h>'
	plant backends/tunnel/tunnel.c '#include "backends/tunnel/worker/loop.h"'
	plant backends/tunnel/protocol.c '#include "model/error.h"'
	plant cmd/vnettunnel.c '#include "model/error.h"'
	plant cmd/e.c '#include "backends/rtnl/link.h"'
	plant cmd/e.c '#include <yaml.h>'
	expected=18
	plant model/document.c '#include <yaml.h>'
	plant model/document.c '#include "model/error.h"'
	plant model/document.c '/* printf("x"); is for cmd/ and so is exit(1) */'
	plant model/document.c 'snprintf(text, 3, "exit(1) /* stderr"); error->exit(1); on_exit(1);'
	plant reconcile/diff.c '#include "model/model.h"'
	plant backends/rtnl/link.c '#include "backends/place.h"'
	plant backends/rtnl/link.c '#include "reconcile/backend.h"'
	plant backends/rtnl/link.c '#include <netlink/attr.h>'
	plant backends/rtnl/link.c '#include <linux/netlink.h>'
	plant backends/tunnel/worker/loop.c 'fprintf(stderr, "x");'
	plant backends/tunnel/worker/crypto/aead.c '#include <openssl/evp.h>'
	plant backends/tunnel/tunnel.c '#include "backends/tunnel/protocol.h"'
	plant cmd/output_json.c '#include <jansson.h>'
	plant cmd/main.c '#include "backends/backends.h"'
	plant cmd/main.c 'exit(1);'
	plant cmd/vnettunnel.c '#include "backends/tunnel/worker/loop.h"'
	found=$(check_tree "$tree" | sort)
	if [[ $(wc -l <<<"$found") == "$expected" ]]; then
		echo "ok finds what is planted and nothing else"
	else
		echo "FAIL finds the $expected planted violations and nothing else"
		printf '%s\n' "$found"
		failed=1
	fi
	if "${BASH_SOURCE[0]}" "$tree" >/dev/null; then
		echo "FAIL its status tells that there are some"
		failed=1
	else
		echo "ok its status tells that there are some"
	fi
}

failed=0
if [[ $# -gt 0 ]]; then
	found=$(check_tree "$1")
	printf '%s' "${found:+$found$'\n'}"
	[[ -z $found ]]
	exit
fi
self_test
found=$(check_tree "$(dirname "${BASH_SOURCE[0]}")/../..")
if [[ -z $found ]]; then
	echo "ok dependencies point one way"
else
	echo "FAIL dependencies point one way"
	printf '%s\n' "$found"
	failed=1
fi
exit $failed
