#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A saved plan: apply does exactly what it says, or nothing where anything has moved since. The file
# is read as if an enemy had written it.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

said() { "$@" 2>&1 || true; }
state() { ip -j -d addr | jq -c '[.[] | [.ifname, .mtu, [.addr_info[].local]]]' && ip netns | sort; }

mkdir "$WORK/files" && cd "$WORK/files"
cat >net.yaml <<'END'
version: 1
name: net
bridges: {br0: {addresses: ["${net}.1/24"]}}
namespaces: {red: {attach: {br0: "${net}.2/24"}}}
vars: {net: 10.1.0}
END
before=$(state)
shown=$("$V" plan --out "$WORK/p.json" -f net.yaml --var net=10.9.0)
expect_match "plan prints what it saves" 'bridge +br0' "$shown"
expect_equal "the file is its owner's alone" 600 "$(stat -c %a "$WORK/p.json")"
expect_equal "it says that there is something to do" true "$(jq .has_changes "$WORK/p.json")"
expect_equal "saving changed nothing" "$before" "$(state)"

# From another directory, with another environment: the same plan.
cd /
check "a dry run says that it still holds" "$V" apply -n --plan "$WORK/p.json"
check "apply it" env VNETAPPLY_FILE=/nonexistent VNETAPPLY_VAR_net=10.4.0 "$V" apply --plan "$WORK/p.json"
expect_equal "the variable is the saved one" 10.9.0.1 \
	"$(json '.[0].addr_info[] | select(.family == "inet").local' ip -j addr show br0)"
before=$(state)
expect_status "a second time it is stale" 6 "$V" apply --plan "$WORK/p.json"
expect_match "because the live state moved" 'the live state has changed since .*p.json was made' \
	"$(said "$V" apply --plan "$WORK/p.json")"
expect_status "its dry run says so" 6 "$V" apply -n --plan "$WORK/p.json"

# The file changed, or what is live.
cd "$WORK/files"
sed -i 's/br0: {addr/br1: {}, br0: {addr/' net.yaml
check "save another" "$V" plan -q --out "$WORK/p.json" -f net.yaml --var net=10.9.0
echo '# a comment' >>net.yaml
expect_status "a changed file makes it stale" 6 "$V" apply --plan "$WORK/p.json"
expect_match "and is named" 'net.yaml has changed' "$(said "$V" apply --plan "$WORK/p.json")"
check "save it again" "$V" plan -q --out "$WORK/p.json" -f net.yaml --var net=10.9.0
ip link set br0 mtu 1400
before=$(state)
expect_status "a changed link makes it stale" 6 "$V" apply --plan "$WORK/p.json"
check "and again" "$V" plan -q --out "$WORK/p.json" -f net.yaml --var net=10.9.0
ip link add br1 type bridge
expect_status "so does a foreign one in the way" 6 "$V" apply --plan "$WORK/p.json"
ip link del br1

# Whatever somebody wrote into the file is never done.
jq '.changes[0].address = "bridges/other"' "$WORK/p.json" >"$WORK/edited.json"
chmod 600 "$WORK/edited.json"
expect_status "an edited plan is refused" 6 "$V" apply --plan "$WORK/edited.json"
for text in '' '{}' '[' 'null' '{"kind":"plan"}' "$(printf '[%.0s' {1..5000})" \
	"$(jq -c '.command.files = []' "$WORK/p.json")" "$(jq -c '.command.files = 7' "$WORK/p.json")" \
	"$(jq -c '.command.directory = "x"' "$WORK/p.json")" "$(jq -c 'del(.command)' "$WORK/p.json")" \
	"$(jq -c '.format_version = "2.0"' "$WORK/p.json")"; do
	printf %s "$text" >"$WORK/edited.json"
	expect_status "65 for ${text:0:20}" 65 "$V" apply --plan "$WORK/edited.json"
done
cp "$WORK/p.json" "$WORK/open.json"
chmod 666 "$WORK/open.json"
expect_status "a file that others may write is refused" 5 "$V" apply --plan "$WORK/open.json"
mkfifo "$WORK/pipe"
expect_status "a pipe is no saved plan" 66 "$V" apply --plan "$WORK/pipe"
truncate -s 33M "$WORK/edited.json"
expect_status "nor is anything huge" 66 "$V" apply --plan "$WORK/edited.json"
expect_status "66 for none" 66 "$V" apply --plan "$WORK/none.json"
expect_equal "none of these changed anything" "$before" "$(state)"

# Usage, and what cannot be saved.
expect_status "a plan names its file itself" 64 "$V" apply --plan "$WORK/p.json" -f net.yaml
expect_status "standard input cannot be read again" 64 "$V" plan --out "$WORK/x.json" -f - <net.yaml
expect_status "a directory that is not there" 1 "$V" plan --out "$WORK/no/p.json" -f net.yaml
printf 'version: 1\nname: net\nbridges: {br7: {}}\n' >other.yaml
expect_status "a refused plan is not saved" 5 "$V" plan --max-delete 0 --out "$WORK/x.json" -f other.yaml
check_not "no file is left of these" ls "$WORK"/x.json*
ln -s /etc/passwd "$WORK/link.json"
sum=$(sha256sum /etc/passwd)
check "a link is replaced, not followed" "$V" plan -q --out "$WORK/link.json" -f net.yaml
expect_equal "what it led to is as it was" "$sum" "$(sha256sum /etc/passwd)"

mknod "$WORK/null" c 1 3 2>/dev/null || mkfifo "$WORK/null"
kind=$(stat -c %F "$WORK/null")
expect_status "a device or a pipe is not replaced" 1 "$V" plan -q --out "$WORK/null" -f net.yaml
expect_equal "it is what it was" "$kind" "$(stat -c %F "$WORK/null")"
ln -s /proc/self/fd/1 "$WORK/stdout"
expect_status "nor is what leads to standard output" 1 "$V" plan -q --out "$WORK/stdout" -f net.yaml
check "that is still there" test -L "$WORK/stdout"
echo "not mine" >"$WORK/p.json.new"
check "a plan is saved" "$V" plan -q --out "$WORK/p.json" -f net.yaml
expect_equal "the file beside it is none of its business" "not mine" "$(cat "$WORK/p.json.new")"
expect_equal "nothing is left beside it" "$WORK/p.json $WORK/p.json.new" "$(echo "$WORK"/p.json*)"

# With checks, brakes and JSON it is an apply like any other.
expect_status "a brake holds here too" 5 "$V" apply --max-delete 0 --plan "$WORK/link.json" --max-disruption none \
	--protect 'interfaces/*'
check "the last one holds" "$V" apply -o json --plan "$WORK/link.json"
expect_status "and what it makes is the file" 0 "$V" diff -f net.yaml
