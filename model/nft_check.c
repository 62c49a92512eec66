/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netfilter rules, each by itself: words and texts that the rows take as they are. */
#include "model/nft_table.h"

#include "model/diag.h"
#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

static unsigned range_size(const struct port_range *range)
{
	return range->first ? range->last - range->first + 1U : 0;
}

static void check_out(const struct item *item, const char *out, const char *out_not,
		      struct diag *diag)
{
	if (out && out_not)
		diag_error(diag, &item->position, "expected either \"out\" or \"out-not\"");
}

static void check_snat(const struct snat *rule, struct diag *diag)
{
	struct addr first, last;
	struct port_range ports;

	check_out(&rule->item, rule->out, rule->out_not, diag);
	if (!nat_target_parse(&first, &last, &ports, rule->to)) {
		diag_error(diag, &rule->item.position,
			   "to: expected ADDRESS[-ADDRESS][:PORT[-PORT]], not \"%s\"", rule->to);
		return;
	}
	if (addr_is_set(&rule->source) && rule->source.family != first.family)
		diag_error(diag, &rule->item.position, "to: %s is not of the family of \"source\"",
			   rule->to);
}

static bool check_port_text(const struct dnat *rule, struct port_range *ports, struct diag *diag)
{
	if (port_range_parse(ports, rule->port))
		return true;
	diag_error(diag, &rule->item.position,
		   "port: expected a port from 1 to 65535 or a range such as 5000-5010, not \"%s\"",
		   rule->port);
	return false;
}

static bool check_target_text(const struct dnat *rule, struct addr *to, struct port_range *ports,
			      struct diag *diag)
{
	struct addr last;

	if (nat_target_parse(to, &last, ports, rule->to) && addr_equal(to, &last))
		return true;
	diag_error(diag, &rule->item.position,
		   "to: expected ADDRESS or ADDRESS:PORT[-PORT], IPv6 in brackets, not \"%s\"",
		   rule->to);
	return false;
}

static void check_families(const struct dnat *rule, uint8_t family, struct diag *diag)
{
	size_t i;

	if (addr_is_set(&rule->listen) && rule->listen.family != family) {
		diag_error(diag, &rule->item.position,
			   "\"listen\" is not of the family of the target %s", rule->to);
		diag_hint(diag, "NAT does not translate between IPv4 and IPv6");
	}
	for (i = 0; i < rule->source.n; i++) {
		const struct prefix_item *source = list_item(&rule->source, &record_prefix_item, i);

		if (source->prefix.family != family)
			diag_error(diag, &rule->item.position,
				   "\"source\" is not of the family of the target %s", rule->to);
	}
	if (rule->loopback && family == AF_INET6) {
		diag_error(diag, &rule->item.position, "\"loopback\" is for IPv4 targets only");
		diag_hint(diag, "the kernel sends nothing from ::1 to another interface");
	}
}

static void check_dnat(const struct dnat *rule, struct diag *diag)
{
	struct port_range ports, target_ports;
	struct addr to;

	if (!check_port_text(rule, &ports, diag) ||
	    !check_target_text(rule, &to, &target_ports, diag))
		return;
	if (range_size(&target_ports) > 1 && range_size(&ports) != range_size(&target_ports)) {
		diag_error(diag, &rule->item.position, "%s has %u ports, but %s has %u", rule->port,
			   range_size(&ports), rule->to, range_size(&target_ports));
		diag_hint(diag, "expected two ranges of one length, or a single target port");
	}
	check_families(rule, to.family, diag);
}

static void check_policy(const struct policy *rule, struct diag *diag)
{
	static const char *const words[] = { "new",	"established", "related",
					     "invalid", "dnat",	       NULL };
	size_t i, j;

	for (i = 0; i < rule->state.n; i++) {
		const struct string_item *state = list_item(&rule->state, &record_string_item, i);

		for (j = 0; words[j] && strcmp(words[j], state->text) != 0; j++)
			;
		if (words[j])
			continue;
		diag_error(diag, &rule->item.position,
			   "state: expected new, established, related, invalid or dnat, not \"%s\"",
			   state->text);
		for (j = 0; words[j]; j++)
			if (text_is_near(state->text, words[j]))
				diag_hint(diag, "did you mean \"%s\"?", words[j]);
	}
}

void nft_table_check(const struct object *want, const struct model *model, struct diag *diag)
{
	const struct nft_table *table = want->data;
	size_t i;

	(void)model;
	for (i = 0; i < table->masquerade.n; i++) {
		const struct masquerade *rule =
			list_item(&table->masquerade, &record_masquerade, i);

		check_out(&rule->item, rule->out, rule->out_not, diag);
	}
	for (i = 0; i < table->snat.n; i++)
		check_snat(list_item(&table->snat, &record_snat, i), diag);
	for (i = 0; i < table->dnat.n; i++)
		check_dnat(list_item(&table->dnat, &record_dnat, i), diag);
	for (i = 0; i < table->policy.n; i++)
		check_policy(list_item(&table->policy, &record_policy, i), diag);
}
