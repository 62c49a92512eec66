/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rows of the table are made of: how they look, and the words that they share. */
#ifndef CMD_DOCTOR_FIND_H
#define CMD_DOCTOR_FIND_H

#include "cmd/doctor/doctor.h"

#include "model/classes.h"
#include "model/link.h"
#include "model/nft_table.h"
#include "model/ruleset.h"

#define LOOK(name)                                                                                 \
	void name(const struct finding_row *row, const struct outlook *outlook,                    \
		  struct findings *ret)

LOOK(look_docker);
LOOK(look_firewalld);
LOOK(look_ufw);
LOOK(look_forward);
LOOK(look_bridge_netfilter);
LOOK(look_rp_filter);
LOOK(look_mtu);
LOOK(look_port);
LOOK(look_forwarding);
LOOK(look_networkd);
LOOK(look_network_manager);
LOOK(look_conntrack);
LOOK(look_kernel);
LOOK(look_tun);
LOOK(look_offload);
LOOK(look_buffer);

/* A finding about an object, or NULL: about the host. fix is in the arena of ret, or constant. */
void finding_add(struct findings *ret, const struct finding_row *row, const struct object *object,
		 const char *fix, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Wanted objects that are ours, of a class. */
#define OURS_FOR_EACH(object, model, wanted, i)                                                    \
	MODEL_FOR_EACH (object, model, i)                                                          \
		if ((object)->class == (wanted) && (object)->owner == OWNER_OURS)

/* "" in the host's own place, " in namespace red". */
const char *where_words(struct arena *arena, const char *place);
/* "", "ip netns exec red ": before a command that is about a place. */
const char *enter_words(struct arena *arena, const char *place);
/* "chain ip filter FORWARD", "chain ip filter FORWARD of iptables-legacy". */
const char *chain_words(struct arena *arena, const struct rule_table *table,
			const struct rule_chain *chain);
/* The command that writes the table: "iptables", "ip6tables-legacy". */
const char *iptables_program(const struct rule_table *table);
/* As one word of a shell's command line. */
const char *shell_word(struct arena *arena, const char *text);
/* "sysctls: {net.ipv4.conf.eth0.rp_filter: 2}", in its namespace. path is "net/ipv4/…". */
const char *sysctl_key(struct arena *arena, const char *place, const char *path, const char *value);
/* "sysctl -w net.ipv4.ip_forward=1", in its namespace. */
const char *sysctl_command(struct arena *arena, const char *place, const char *path,
			   const char *value);
/* The value that the file wants of a sysctl; NULL: it does not say. */
const char *wanted_sysctl(const struct outlook *outlook, const char *place, const char *path);

/* Whether the model has a rule for the place's forwarding; NULL: it has none. */
const struct nft_table *table_of_place(const struct model *model, const char *place);
/* The first address of a link that is no link-local one, of the family; NULL: it has none. */
const struct addr *address_of(const struct model *model, const struct object *link, uint8_t family);
bool is_bridge(const struct object *link);

#endif
