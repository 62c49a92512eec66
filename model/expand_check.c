/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is about all hosts: their list, and the checks. */
#include "model/expand.h"
#include "model/read.h"

#include "model/resolver.h"
#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

#define WITHIN_DEFAULT_MS 5000

void expand_hosts(struct expansion *x)
{
	struct topology *topology = x->topology;
	size_t i;

	if (!x->views[0].name)
		return;
	topology->hosts = arena_alloc(x->arena, x->n_views * sizeof(*topology->hosts));
	topology->n_hosts = x->n_views;
	for (i = 0; i < x->n_views; i++) {
		const struct host_syntax *host = &x->views[i].file->host;

		topology->hosts[i] = (struct topology_host){
			.name = x->views[i].name,
			.addresses = host->address,
			.endpoint = host->endpoint,
			.uplink = host->uplink,
			.position = x->views[i].position,
		};
	}
}

/* ---- paths ---- */

static const struct expand_view *find_view(const struct expansion *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->n_views; i++)
		if (text_equal(x->views[i].name, name))
			return &x->views[i];
	return NULL;
}

static const struct namespace_syntax *find_namespace(const struct expand_view *view,
						     const char *name)
{
	const struct list *namespaces = &view->file->host.namespaces;
	size_t i;

	for (i = 0; i < namespaces->n; i++) {
		const struct namespace_syntax *namespace =
			list_item(namespaces, &record_namespace, i);

		if (!strcmp(namespace->item.name, name))
			return namespace;
	}
	return NULL;
}

static void suggest_host(struct expansion *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->n_views; i++)
		if (x->views[i].name && text_is_near(name, x->views[i].name)) {
			diag_hint(x->diag, "did you mean \"%s\"?", x->views[i].name);
			return;
		}
}

static void suggest_namespace(struct expansion *x, const struct expand_view *view, const char *name)
{
	const struct list *namespaces = &view->file->host.namespaces;
	size_t i;

	for (i = 0; i < namespaces->n; i++) {
		const struct item *item = list_item(namespaces, &record_namespace, i);

		if (text_is_near(name, item->name)) {
			diag_hint(x->diag, "did you mean \"%s\"?", item->name);
			return;
		}
	}
}

/* "HOST/PLACE", or "PLACE" where there is but one host. False, reported: no such place. */
static bool find_path(struct expansion *x, const char *path, const char **host, const char **place,
		      const struct position *position)
{
	const char *slash = strchr(path, '/'), *rest = slash ? slash + 1 : path;
	const struct expand_view *view = x->self;

	if (slash || x->n_views > 1) {
		const char *name =
			slash ? arena_strndup(x->arena, path, (size_t)(slash - path)) : path;

		view = find_view(x, name);
		if (!view && !x->views[0].name) {
			diag_error(x->diag, position,
				   "expected a namespace or \"host\", not \"%s\"", path);
			return false;
		}
		if (!view) {
			diag_error(x->diag, position, "there is no host \"%s\"", name);
			if (strchr(name, ':'))
				diag_hint(x->diag, "a place is written HOST/NAMESPACE");
			else
				suggest_host(x, name);
			return false;
		}
	}
	if (!slash && x->n_views > 1) {
		diag_error(x->diag, position, "expected HOST/NAMESPACE or HOST/host, not \"%s\"",
			   path);
		return false;
	}
	*host = view->name;
	*place = !strcmp(rest, "host") ? "" : rest;
	if (!(*place)[0] || find_namespace(view, rest))
		return true;
	diag_error(x->diag, position, "there is no namespace \"%s\"%s%s", rest,
		   view->name ? " on " : "", view->name ? view->name : "");
	suggest_namespace(x, view, rest);
	return false;
}

/* ---- targets ---- */

/* "ADDRESS:PORT", "[IPV6]:PORT", "NAME:PORT" into a name and a port. */
static bool split_port(struct expansion *x, const char *text, const char **name, uint16_t *port)
{
	const char *colon = strrchr(text, ':'), *end = colon;
	struct port_range range;

	if (!colon || !port_range_parse(&range, colon + 1) || range.first != range.last)
		return false;
	if (text[0] == '[') {
		text++;
		if (end == text || *--end != ']')
			return false;
	} else if (memchr(text, ':', (size_t)(colon - text))) {
		return false;
	}
	*name = arena_strndup(x->arena, text, (size_t)(end - text));
	*port = range.first;
	return **name;
}

/* Names of the namespace's extra-hosts are known; others are looked up when the check runs. */
static bool find_address(const struct expansion *x, const struct topology_check *check,
			 const char *name, struct addr *ret)
{
	const struct expand_view *view = find_view(x, check->from_host);
	const struct namespace_syntax *namespace =
		view ? find_namespace(view, check->from_place) : NULL;
	size_t i;

	if (addr_parse(ret, name))
		return true;
	for (i = 0; namespace && i < namespace->extra_hosts.n; i++) {
		const struct extra_host *host =
			list_item(&namespace->extra_hosts, &record_extra_host, i);

		if (!strcmp(host->item.name, name)) {
			*ret = host->address;
			return true;
		}
	}
	return false;
}

static bool list_has(const struct list *addresses, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < addresses->n; i++) {
		const struct address_syntax *address = list_item(addresses, &record_address, i);

		if (addr_same_host(&address->address, addr))
			return true;
	}
	return false;
}

static bool place_has(const struct place_syntax *place, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < place->interfaces.n; i++) {
		const struct interface_syntax *interface =
			list_item(&place->interfaces, &record_interface, i);

		if (list_has(&interface->addresses, addr))
			return true;
	}
	for (i = 0; i < place->bridges.n; i++) {
		const struct bridge_syntax *bridge = list_item(&place->bridges, &record_bridge, i);

		if (list_has(&bridge->addresses, addr))
			return true;
	}
	for (i = 0; i < place->taps.n; i++) {
		const struct tap_syntax *tap = list_item(&place->taps, &record_tap, i);

		if (list_has(&tap->addresses, addr))
			return true;
	}
	for (i = 0; i < place->tunnels.n; i++) {
		const struct tunnel_syntax *tunnel = list_item(&place->tunnels, &record_tunnel, i);

		if (list_has(&tunnel->addresses, addr))
			return true;
	}
	return false;
}

static bool host_has(const struct host_syntax *host, const struct addr *addr)
{
	size_t i, j;

	for (i = 0; i < host->address.n; i++) {
		const struct addr_item *item = list_item(&host->address, &record_addr_item, i);

		if (addr_same_host(&item->addr, addr))
			return true;
	}
	for (i = 0; i < host->links.n; i++) {
		const struct wire_syntax *wire = list_item(&host->links, &record_wire, i);

		for (j = 0; j < wire->endpoints.n; j++) {
			const struct endpoint_syntax *end =
				list_item(&wire->endpoints, &record_endpoint, j);

			if (list_has(&end->addresses, addr))
				return true;
		}
	}
	for (i = 0; i < host->namespaces.n; i++) {
		const struct namespace_syntax *namespace =
			list_item(&host->namespaces, &record_namespace, i);

		for (j = 0; j < namespace->attach.n; j++) {
			const struct attach_syntax *attach =
				list_item(&namespace->attach, &record_attach, j);

			if (list_has(&attach->addresses, addr))
				return true;
		}
		if (place_has(&namespace->place, addr))
			return true;
	}
	return place_has(&host->place, addr);
}

static bool is_loopback(const struct addr *addr)
{
	static const uint8_t one[16] = { [15] = 1 };

	return addr->bytes[0] == 127 ? addr->family == AF_INET
				     : addr->family == AF_INET6 && !memcmp(addr->bytes, one, 16);
}

static bool is_outside(const struct expansion *x, const struct addr *addr)
{
	size_t i;

	if (!addr_is_set(addr))
		return true;
	for (i = 0; i < x->n_views; i++)
		if (host_has(&x->views[i].file->host, addr))
			return false;
	return !is_loopback(addr);
}

/* ---- checks ---- */

static bool parse_duration(uint32_t *ret, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	char number[10] = "";
	uint64_t value;

	if (!digits || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	if (!text_parse_number(&value, number))
		return false;
	if (!strcmp(text + digits, "s") && value <= 86400)
		*ret = (uint32_t)value * 1000;
	else if (!strcmp(text + digits, "ms") && value <= 86400000)
		*ret = (uint32_t)value;
	else
		return false;
	return true;
}

static bool parse_size(struct topology_check *check, const char *text)
{
	uint64_t size;

	if (!strcmp(text, "mtu")) {
		check->size_mtu = true;
		return true;
	}
	if (!text_parse_number(&size, text) || size > 65507)
		return false;
	check->size = (uint32_t)size;
	return true;
}

static bool add_check(struct expansion *x, struct topology_checks *ret,
		      const struct topology_check *common, enum check_kind kind, const char *target,
		      const struct position *position)
{
	struct topology_check *check = &ret->items[ret->n];
	const char *name = target;

	*check = *common;
	check->kind = kind;
	check->target = target;
	if (kind != CHECK_PING && !split_port(x, target, &name, &check->port)) {
		diag_error(x->diag, position,
			   "expected ADDRESS:PORT, IPv6 in brackets, not \"%.80s\"", target);
		return false;
	}
	if (!find_address(x, check, name, &check->address) && strpbrk(name, " \t/:[]")) {
		diag_error(x->diag, position, "expected an address or a name, not \"%.80s\"",
			   target);
		return false;
	}
	check->is_outside = is_outside(x, &check->address);
	ret->n++;
	return true;
}

/* Without `from`, each host asks from its own place. */
static void add_targets(struct expansion *x, struct topology_checks *ret,
			const struct topology_check *common, enum check_kind kind,
			const struct check_syntax *syntax, const struct list *targets)
{
	static const char *const keys[] = {
		[CHECK_PING] = "ping", [CHECK_TCP] = "tcp", [CHECK_UDP] = "udp"
	};
	struct topology_check check = *common;
	size_t n = check.from_place ? 1 : x->n_views, i, j;

	for (i = 0; i < targets->n; i++) {
		const struct string_item *target = list_item(targets, &record_string_item, i);

		for (j = 0; j < n && target->text; j++) {
			if (!common->from_place) {
				check.from_host = x->views[j].name;
				check.from_place = "";
			}
			if (!add_check(x, ret, &check, kind, target->text,
				       item_value_position(&syntax->item, keys[kind], i)))
				break;
		}
	}
}

static bool read_check(struct expansion *x, const struct check_syntax *syntax,
		       struct topology_check *check)
{
	const struct position *position = &syntax->item.position;
	bool ok = !syntax->from || find_path(x, syntax->from, &check->from_host, &check->from_place,
					     item_value_position(&syntax->item, "from", 0));

	if (syntax->at && !find_path(x, syntax->at, &check->at_host, &check->at_place,
				     item_value_position(&syntax->item, "at", 0)))
		ok = false;
	if (syntax->size && !parse_size(check, syntax->size)) {
		diag_error(x->diag, item_value_position(&syntax->item, "size", 0),
			   "size: expected mtu or a number from 0 to 65507, not \"%.40s\"",
			   syntax->size);
		ok = false;
	}
	if (syntax->within && !parse_duration(&check->within_ms, syntax->within)) {
		diag_error(x->diag, item_value_position(&syntax->item, "within", 0),
			   "within: expected a duration such as 10s or 500ms, not \"%.40s\"",
			   syntax->within);
		ok = false;
	}
	if ((syntax->ping.n != 0) + (syntax->tcp.n != 0) + (syntax->udp.n != 0) != 1) {
		diag_error(x->diag, position, "a check has one of \"ping\", \"tcp\" and \"udp\"");
		ok = false;
	}
	if (syntax->size && !syntax->ping.n) {
		diag_error(x->diag, position, "size belongs to ping");
		ok = false;
	}
	return ok;
}

static void read_checks(struct expansion *x, const struct list *checks, struct topology_checks *ret)
{
	size_t n = 0, i;

	for (i = 0; i < checks->n; i++) {
		const struct check_syntax *syntax = list_item(checks, &record_check, i);

		n += (syntax->ping.n + syntax->tcp.n + syntax->udp.n) *
		     (syntax->from ? 1 : x->n_views);
	}
	ret->items = arena_alloc(x->arena, n * sizeof(*ret->items));
	for (i = 0; i < checks->n; i++) {
		const struct check_syntax *syntax = list_item(checks, &record_check, i);
		struct topology_check common = {
			.within_ms = WITHIN_DEFAULT_MS,
			.expect = (enum check_expect)syntax->expect,
			.position = syntax->item.position,
		};

		if (!read_check(x, syntax, &common))
			continue;
		add_targets(x, ret, &common, CHECK_PING, syntax, &syntax->ping);
		add_targets(x, ret, &common, CHECK_TCP, syntax, &syntax->tcp);
		add_targets(x, ret, &common, CHECK_UDP, syntax, &syntax->udp);
	}
}

void expand_checks(struct expansion *x)
{
	read_checks(x, &x->file->checks, &x->topology->checks);
	read_checks(x, &x->file->guard, &x->topology->guard);
}
