/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of all that there are, those that speak of connections, and those that change nothing. */
#include "backends/extension.h"

#include "model/text.h"

#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_state.h>
#include <string.h>

/* --ctstate and nothing else of it. */
static void read_conntrack(struct rule_condition *condition, const struct extension *match)
{
	struct xt_conntrack_mtinfo3 info = { 0 };
	uint32_t mask;

	if (match->revision < 2 || match->size < sizeof(struct xt_conntrack_mtinfo2))
		return;
	memcpy(&info, match->info, sizeof(struct xt_conntrack_mtinfo2));
	if (info.match_flags & ~(XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS))
		return;
	mask = info.state_mask;
	memcpy(condition->mask, &mask, sizeof(mask));
	condition->is_negated = !(info.invert_flags & XT_CONNTRACK_STATE);
	condition->subject = SUBJECT_TRACKED;
}

static void read_state(struct rule_condition *condition, const struct extension *match)
{
	if (match->size < sizeof(struct xt_state_info))
		return;
	memcpy(condition->mask, match->info, sizeof(struct xt_state_info));
	condition->subject = SUBJECT_TRACKED;
}

void extension_add_match(struct rule *rule, const struct extension *match, struct arena *arena)
{
	struct rule_condition *condition;

	if (text_equal(match->name, "comment"))
		return;
	/* "Any of these bits": not equal to none of them. */
	condition = list_append(&rule->conditions, &record_rule_condition, arena);
	*condition = (struct rule_condition){ .length = 4, .is_masked = true, .is_negated = true };
	if (!match->info)
		return;
	if (text_equal(match->name, "conntrack"))
		read_conntrack(condition, match);
	else if (text_equal(match->name, "state"))
		read_state(condition, match);
}

enum rule_verdict extension_verdict(const char *target)
{
	if (text_equal(target, "NFQUEUE")) /* a program decides */
		return VERDICT_ACCEPT;
	return text_equal(target, "REJECT") ? VERDICT_REJECT : VERDICT_NONE;
}
