/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of findings. A new one: a row here, its look, and its code in vnetapply(8). */
#include "cmd/doctor/find.h"

#include <string.h>

#define BASE_CHAINS                                                                                   \
	"Every chain that is hooked into forwarding has its say, and one that drops wins: an accept " \
	"in the table of vnetapply cannot undo it.\n"

const struct finding_row finding_rows[] = {
	{ "W-DOCKER", FINDING_ALWAYS, "Docker's rules drop what a topology forwards", look_docker,
	  "Docker sets the policy of the chain FORWARD to drop and accepts what its own bridges "
	  "need. " BASE_CHAINS
	  "It leaves the chain DOCKER-USER to others and asks it first, so what is accepted there "
	  "passes. The command puts rules for the bridge at its beginning. They stay when Docker "
	  "starts again, and are gone after a reboot: put the command where rules are loaded on "
	  "your machine (iptables-save with iptables-persistent, or a unit ordered after "
	  "docker.service).\n"
	  "What may come in from outside is still decided by the topology's own rules." },
	{ "W-FIREWALLD", FINDING_ALWAYS, "firewalld rejects what a topology forwards",
	  look_firewalld,
	  "firewalld rejects forwarded packets between interfaces that no zone or policy of it "
	  "allows. " BASE_CHAINS
	  "An interface in the zone trusted may send anywhere; answers, and connections that a port "
	  "map leads there, pass. The first command works at once, the second stays.\n"
	  "Where others shall open connections to addresses behind the bridge (forward: route), "
	  "firewalld needs a policy, too: see firewalld.policies(5)." },
	{ "W-UFW", FINDING_ALWAYS, "ufw drops what a topology forwards", look_ufw,
	  "ufw drops routed packets unless a route rule allows them "
	  "(DEFAULT_FORWARD_POLICY in /etc/default/ufw). " BASE_CHAINS
	  "The commands allow what comes from the bridge and what goes to it; ufw keeps them.\n"
	  "What may come in from outside is still decided by the topology's own rules." },
	{ "W-FORWARD", FINDING_ALWAYS, "somebody's rules drop what a topology forwards",
	  look_forward,
	  "A chain hooked into forwarding drops or rejects packets of the topology. " BASE_CHAINS
	  "The command puts an accept at the beginning of that chain. It is gone when whoever made "
	  "the chain loads it again: put it into their file, too.\n"
	  "Looked at are rules about interfaces, families, addresses and the state of connections; "
	  "one that asks for anything else is taken as one that does not match. Rules of "
	  "iptables-legacy are among them where /proc/net/ip_tables_names and ip6_tables_names "
	  "say that there are any, and may be read: the kernel would make tables for who asks it "
	  "without a look." },
	{ "W-BRIDGE-NF", FINDING_ALWAYS, "frames that a bridge switches run through firewall rules",
	  look_bridge_netfilter,
	  "With the module br_netfilter (Docker and Kubernetes load it) frames that a bridge only "
	  "switches run through the rules for forwarded packets, in each network namespace whose "
	  "net.bridge.bridge-nf-call-iptables (for IPv6 ...-call-ip6tables) is 1, and it is 1 in "
	  "every new one. Members of one bridge then do not reach one another where those rules "
	  "drop.\n"
	  "The key sets it to 0 while the topology is there, and back afterwards. Docker then no "
	  "longer filters between containers of one network, and a service of Kubernetes is not "
	  "reached from the same node: where that matters, let the rules accept the bridge instead, "
	  "as W-DOCKER or W-FORWARD says. A setting of one bridge cannot do it: the kernel takes "
	  "either of the two as a yes." },
	{ "W-RP-FILTER", FINDING_ALWAYS, "reverse path filtering drops what comes in",
	  look_rp_filter,
	  "With strict reverse path filtering (rp_filter 1) Linux drops an IPv4 packet that comes in "
	  "by another interface than the answer would leave by. What counts for an interface is the "
	  "larger of its own value and that of net.ipv4.conf.all, so a 0 of its own does not switch "
	  "it off.\n"
	  "The key sets 2 (loose: any way back will do) for that interface, which is larger than 1 "
	  "and so wins; destroy puts it back." },
	{ "W-MTU", FINDING_ALWAYS, "packets are longer than something on their way carries",
	  look_mtu,
	  "A bridge sends a frame that is longer than a port carries nowhere, and tells nobody. A "
	  "datagram of a tunnel that is longer than a path carries is sent in fragments, which many "
	  "networks drop.\n"
	  "The port of somebody else's was given a smaller MTU than the bridge has, or the kernel has "
	  "learned that a path carries less than its interface and route say (which is what the MTU of "
	  "an overlay is made from). The key gives the bridge or the tunnel the MTU that fits; what "
	  "is plugged into it gets it, too." },
	{ "W-PORT", FINDING_ALWAYS, "a port is taken already", look_port,
	  "A port map changes where packets go before a socket is looked for: a program that listens "
	  "on the same port gets no connection from outside any more. The port of a tunnel can be "
	  "bound by one program only, and its worker cannot start.\n"
	  "Choose another port in the file, or stop the program." },
	{ "W-FORWARDING", FINDING_ALWAYS,
	  "forwarding was switched off after the topology was applied", look_forwarding,
	  "Some program, or a sysctl.d file that was loaded again, has set the switch back. Nothing is "
	  "forwarded until it is on. apply puts the switches of the file back, the command does it at "
	  "once; an interface has a switch of its own (net.ipv4.conf.NAME.forwarding), which a write "
	  "to net.ipv4.ip_forward sets, too.\n"
	  "Look for who does it: grep -r forward /etc/sysctl.conf /etc/sysctl.d /usr/lib/sysctl.d" },
	{ "W-NETWORKD", FINDING_ALWAYS, "systemd-networkd takes away routes or addresses of others",
	  look_networkd,
	  "Unless its configuration says otherwise, systemd-networkd removes routes and routing "
	  "policy rules that it did not make, whenever it starts or an interface of its own is "
	  "configured. Of an interface that a .network file matches (a Name=* is enough) it also "
	  "removes addresses.\n"
	  "The command writes a drop-in that has it leave them alone "
	  "(networkd.conf(5), ManageForeignRoutes), or a .network file that has it leave the "
	  "interface alone (Unmanaged=yes)." },
	{ "W-NETWORKMANAGER", FINDING_ALWAYS, "NetworkManager may manage interfaces of a topology",
	  look_network_manager,
	  "NetworkManager takes interfaces that appear for its own to configure, unless it is told "
	  "to leave them alone. The command writes a file that names them "
	  "(NetworkManager.conf(5), unmanaged-devices). Matches by interface name are looked at, in "
	  "all its configuration files; those by other properties are not." },
	{ "W-CONNTRACK", FINDING_ALWAYS, "the table of tracked connections is nearly full",
	  look_conntrack,
	  "Every connection that is forwarded or translated has an entry. When the table is full, the "
	  "kernel drops packets of new ones, and says nf_conntrack: table full in its log. The command "
	  "doubles the limit until the next boot; a file in /etc/sysctl.d keeps it. An entry needs "
	  "about 300 bytes." },
	{ "W-TUN", FINDING_ALWAYS, "no TAP or TUN interface can be made", look_tun,
	  "tap, tun and tunnels need /dev/net/tun, major 10 minor 200, and the module tun behind it. "
	  "In a container it has to be passed in (docker run --device /dev/net/tun)." },
	{ "W-KERNEL", FINDING_DOCTOR_ONLY, "this kernel lacks a kind of interface", look_kernel,
	  "An interface of this kind was tried in an empty namespace, and the kernel does not know "
	  "it, nor has it a module to load: apply would end with status 71. Debian's cloud kernels "
	  "lack some; linux-image-amd64 has them." },
	{ "W-OFFLOAD", FINDING_DOCTOR_ONLY, "offloads of a tunnel are off", look_offload,
	  "A worker moves many frames at the cost of one where the kernel can: tso, uso (large "
	  "segments from the TAP), gso, gro (many datagrams with one call), coalesce (large segments "
	  "to the TAP), batch (many frames with one call). Each can be switched off by its key; "
	  "that is for finding faults, and costs throughput." },
	{ "W-BUFFER", FINDING_DOCTOR_ONLY, "the receive buffer of a tunnel is small", look_buffer,
	  "The worker asks for 8 MiB to outlast bursts. Without privileges in the first user "
	  "namespace (a simulation as an ordinary user, a container) it gets net.core.rmem_max at "
	  "most. The command raises that until the next boot, on the machine itself." },
	{ 0 },
};

const struct finding_row *finding_row_find(const char *code)
{
	const struct finding_row *row;

	for (row = finding_rows; row->code; row++)
		if (!strcmp(row->code, code))
			return row;
	return NULL;
}
