#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Encryption from a file: throw-away keys in a simulation, key files and what is refused of them on a host, the counters
# that are shown, and that no secret is in anything that is printed.
# shellcheck source=tests/netns/lib.sh
source "$(dirname "$0")/lib.sh"

cp topologies/encrypted.yaml "$WORK/e.yaml"
cd "$WORK"
inside() { "$V" sim exec -f e.yaml "$@"; }

# ---- simulated ----
out=$("$V" sim up -f e.yaml 2>&1) || fail "up" "$out"
expect_match "up makes an encrypted overlay" 'host home.*created' "$out"
check "its checks hold, also from behind NAT" "$V" sim check -f e.yaml
expect_equal "the MTU leaves room" 1426 "$(json '.[].mtu' inside office/files ip -j link show eth0)"
expect_equal "the private key is its host's alone" 600 "$(inside home -- stat -c %a /run/vnetapply-keys/own)"
out=$("$V" sim up -f e.yaml 2>&1) || fail "second up" "$out"
expect_equal "a second up changes nothing" "" "$(grep -E '^ *[~+-] ' <<<"$out" || true)"

# ---- what is shown ----
status=$(inside office -- "$V" tunnel status)
expect_match "status is told in words" 'tunnel host/lan on lan, encryption: noise.*addresses: [0-9]+ learned of at most 10000, [0-9]+ given.*peer home at 192.0.2.30:41000, heard .* s ago, handshake .* s ago' \
	"$status"
json=$(inside office -- "$V" tunnel status -o json)
expect_equal "and as JSON" '["home","lab"]' \
	"$(jq -c '[.tunnels[0].peers[] | select(.handshake_ms < 120000 and .rx_frames > 0) | .name] | sort' <<<"$json")"
expect_match "and to Prometheus" 'vnetapply_tunnel_peer_handshake_age_seconds\{topology="encrypted",place="host",tunnel="lan",peer="home"\} [0-9]' \
	"$(inside office -- "$V" tunnel status -o prometheus)"
metrics=$(inside office -- "$V" tunnel status -o prometheus)
expect_match "how long a peer takes to answer is told in words" 'peer home at [^,]*,[^;]*, answers in [0-9]+\.[0-9]{3} ms' "$status"
expect_match "what the path carries, and who says so" 'peer home at [^,]*,[^;]*, path MTU 1500 \(kernel\)' "$status"
check "and as JSON" jq -e '.tunnels[0].peers[] | select(.name == "home") | .path_mtu == 1500 and .path_mtu_from == "kernel" and .path_mtu_kernel == 1500 and .path_mtu_probed == 1500' <<<"$json"
expect_match "and to Prometheus" 'vnetapply_tunnel_peer_path_mtu_probed_bytes\{[^}]*peer="home"\} 1500' "$metrics"
check "and as JSON" jq -e '.tunnels[0].peers[] | select(.name == "home") | .rtt_us > 0 and .rtt_us < 10000000' <<<"$json"
expect_match "and to Prometheus" 'vnetapply_tunnel_peer_round_trip_seconds\{[^}]*peer="home"\} [0-9]+\.[0-9]' "$metrics"
# Datagrams that are none, from the address of a peer.
babble() {
	inside lab -- python3 -c 'import socket
for i in range(5): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"none", ("192.0.2.10", 41000))'
	inside office -- "$V" tunnel status -o json >"$WORK/status"
	jq -e '.tunnels[0] | .drops.malformed > 0 and .drops.malformed == ([.peers[].drops.malformed // 0] | add)' "$WORK/status"
}
check "what a peer's address sends in vain is counted as its own" wait_until 10 babble
expect_equal "and as no other's" '["lab"]' "$(jq -c '[.tunnels[0].peers[] | select(.drops.malformed) | .name]' "$WORK/status")"
expect_match "it is told in words" 'peer lab at [^:]*:41000,.*    dropped: ([0-9]+ [a-z-]+, )*[0-9]+ malformed' "$(inside office -- "$V" tunnel status)"
metrics=$(inside office -- "$V" tunnel status -o prometheus)
expect_match "and to Prometheus" 'vnetapply_tunnel_peer_drops_total\{[^}]*peer="lab",reason="malformed"\} [1-9]' "$metrics"
# The text format: after HELP and TYPE of a metric all its values, each with labels in quotes and one number.
malformed=$(awk '
	/^# HELP [a-z_]+ [A-Z].*\.$/ { help = $3; next }
	/^# TYPE [a-z_]+ (gauge|counter)$/ && $3 == help && !($3 in seen) { seen[$3] = 1; type = $4; next }
	/^[a-z_]+\{([a-z]+="[^"\\]*",?)+\} [0-9.]+$/ {
		name = $0; sub(/\{.*/, "", name)
		if (name == help && (type == "gauge" || name ~ /_total$/) && !(($1, $2) in twice)) next
	}
	{ print }' <<<"$metrics")
expect_equal "the metrics are well formed" "" "$malformed"
expect_equal "offloads are told" 6 "$(grep -c '^vnetapply_tunnel_offload{.*} [01]$' <<<"$metrics")"
secret=$(inside office -- cat /run/vnetapply-keys/own)
everything=$(echo "$status$json"; inside office -- "$V" state -o json; inside office -- "$V" render -f e.yaml --host office
	inside office -- sh -c 'find /run/vnetapply -type f -exec cat {} +; ps axww -o args' | tr -d '\0')
expect_equal "the private key is nowhere" 0 "$(grep -c -a -F "$secret" <<<"$everything" || true)"

# ---- a host ----
# In the simulated host's own namespaces: the file's key-file is made, used, and opened to others.
cat >h.yaml <<YAML
version: 1
name: own
tunnels:
  t1: {local: 192.0.2.20, key-file: $WORK/h.key, peers: [{name: x, endpoint: "192.0.2.30:40000", public-key: "$("$V" key new "$WORK/x.key")"}]}
YAML
apply() { inside lab -- "$V" apply -f "$WORK/h.yaml" -y; }
expect_match "a missing key file is told, and how to make one" "to make one: vnetapply key new $WORK/h.key" "$(apply 2>&1 || true)"
public=$("$V" key new "$WORK/h.key")
expect_equal "key public prints it again" "$public" "$("$V" key public "$WORK/h.key")"
chmod 644 "$WORK/h.key"
expect_match "one that others can read is refused" "others have access" "$(apply 2>&1 || true)"
chmod 600 "$WORK/h.key"
secret=$(cat "$WORK/h.key")
said=$(inside lab -- "$V" plan -o json -f "$WORK/h.yaml"; inside lab -- "$V" -v -o json -f "$WORK/h.yaml" -y 2>&1
	inside lab -- sh -c 'find /run/vnetapply -type f -exec cat {} +' | tr -d '\0'
	printf '%s and more\n' "$secret" >"$WORK/h.key" # as a text editor may leave it
	inside lab -- "$V" destroy --name own -y 2>&1
	apply 2>&1 || true)
expect_match "a key file with something else in it is refused" 'expected one line with a key' "$said"
expect_equal "plans, events, records and errors do not tell the key" 0 "$(grep -c -a -F "$secret" <<<"$said" || true)"
echo "$secret" >"$WORK/h.key"
check "then it is used" apply
expect_match "and again there is nothing to do" "[Nn]othing to do" "$(apply 2>&1)"
pid=$(inside lab -- pgrep -f "name own/t1")
sed -i "s|key-file: $WORK/h.key|key-file: $WORK/h2.key|" h.yaml
"$V" key new "$WORK/h2.key" >public
check "another key is taken over" apply
expect_equal "by the same worker" "$pid" "$(inside lab -- pgrep -f "name own/t1")"
sed -i "s|key-file:|public-key: \"$public\", key-file:|" h.yaml
expect_equal "a public key of another file is refused" 1 \
	"$(apply 2>&1 | grep -c -F "its public key is $(cat public)" || true)"
check "destroy" inside lab -- "$V" destroy --name own -y
check "down" "$V" sim down -f e.yaml
