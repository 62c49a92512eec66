/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that manage the whole machine's network, and take what they did not make for a mistake. */
#include "cmd/doctor/find.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <fnmatch.h>
#include <string.h>

#define NAMED_MAX	  5 /* interfaces that are named singly */
#define NETWORKD_SETTINGS "ManageForeignRoutes=no\\nManageForeignRoutingPolicyRules=no"

static bool wants_routes(const struct model *want)
{
	const struct object *object;
	size_t i;

	OURS_FOR_EACH(object, want, &class_route, i)
	{
		if (!object->place[0])
			return true;
	}
	return false;
}

/* What of others it takes away; NULL: nothing that would be missed. */
static const char *taken_words(const struct outlook *outlook)
{
	const struct near_networkd *networkd = &outlook->near.networkd;
	bool matters = !outlook->topology || wants_routes(outlook->want);

	if (!networkd->is_running || !matters)
		return NULL;
	if (!networkd->keeps_routes)
		return networkd->keeps_rules ? "routes" : "routes and routing policy rules";
	return networkd->keeps_rules ? NULL : "routing policy rules";
}

static void look_at_managed(const struct finding_row *row, const struct outlook *outlook,
			    struct findings *ret)
{
	const struct string_item *managed = outlook->near.networkd.managed.items;
	const struct object *object;
	size_t i;

	for (i = 0; i < outlook->near.networkd.managed.n; i++) {
		const char *name = shell_word(ret->arena, managed[i].text);

		object = model_find(outlook->want, &class_link, "", managed[i].text);
		if (!object)
			continue;
		finding_add(
			ret, row, object,
			arena_printf(ret->arena,
				     "printf '[Match]\\nName=%%s\\n[Link]\\nUnmanaged=yes\\n' %s "
				     ">/etc/systemd/network/05-vnet-%s.network && networkctl "
				     "reload",
				     name, name),
			"systemd-networkd manages %s, by a .network file that matches it: it "
			"takes away addresses and routes that are not in that file",
			managed[i].text);
	}
}

LOOK(look_networkd)
{
	const char *taken = taken_words(outlook);

	if (taken)
		finding_add(ret, row, NULL,
			    "mkdir -p /etc/systemd/networkd.conf.d && "
			    "printf '[Network]\\n" NETWORKD_SETTINGS
			    "\\n' >/etc/systemd/networkd.conf.d/vnetapply.conf && "
			    "systemctl restart systemd-networkd",
			    "systemd-networkd runs and takes away %s that it did not make, "
			    "whenever it starts or a link of its own changes",
			    taken);
	look_at_managed(row, outlook, ret);
}

/* ---- NetworkManager ---- */

/* Of its kinds of matches, those that tell a link by its name; '*' is every device. */
static bool is_unmanaged(const struct near_network_manager *manager, const char *name)
{
	static const char by_name[] = "interface-name:", except[] = "except:";
	const struct string_item *items = manager->unmanaged.items;
	bool found = false;
	size_t i;

	for (i = 0; i < manager->unmanaged.n; i++) {
		const char *text = items[i].text;
		bool is_except = text_starts_with(text, except);

		text += is_except ? strlen(except) : 0;
		if (text_starts_with(text, by_name))
			text += strlen(by_name);
		else if (strcmp(text, "*") != 0)
			continue;
		text += *text == '=';
		if (fnmatch(text, name, 0) != 0)
			continue;
		if (is_except)
			return false;
		found = true;
	}
	return found;
}

LOOK(look_network_manager)
{
	const struct near_network_manager *manager = &outlook->near.network_manager;
	AUTO_TEXT struct text names = { 0 }, matches = { 0 };
	const struct object *first = NULL, *link;
	size_t i, n = 0;

	if (!manager->is_running)
		return;
	OURS_FOR_EACH(link, outlook->want, &class_link, i)
	{
		if (link->place[0] || link->external || !strcmp(link->name, "lo") ||
		    is_unmanaged(manager, link->name))
			continue;
		first = first ? first : link;
		if (n++ < NAMED_MAX)
			text_add(&names, "%s%s", names.length ? ", " : "", link->name);
		text_add(&matches, "%sinterface-name:%s", matches.length ? ";" : "", link->name);
	}
	if (n > NAMED_MAX)
		text_add(&names, " and %zu more", n - NAMED_MAX);
	if (first)
		finding_add(ret, row, first,
			    arena_printf(ret->arena,
					 "printf '[keyfile]\\nunmanaged-devices+=%%s\\n' %s "
					 ">/etc/NetworkManager/conf.d/vnetapply.conf && nmcli "
					 "general reload",
					 shell_word(ret->arena, text_get(&matches))),
			    "NetworkManager runs, and nothing tells it to leave %s alone: it may "
			    "take addresses from them, or bring them down",
			    text_get(&names));
}
