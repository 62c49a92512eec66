/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the file's top level, of a host and of a namespace. */
#include "model/syntax.h"

#include "model/resolver.h"

#include <string.h>

bool written_has(const struct record *record, const void *item, const char *key)
{
	const struct field *field = record_field(record, key);

	return field && ((const struct item *)item)->written & 1ULL << (field - record->fields);
}

static const struct field namespace_fields[] = {
	F_MAP(struct namespace_syntax, attach, "attach", &record_attach,
	      .help = "bridges of the host that it is plugged into, by name"),
	F_LIST(struct namespace_syntax, gateway, "gateway", &record_gateway,
	       .help = "default gateway: an address, one per family, or none"),
	F_LIST(struct namespace_syntax, ports, "ports", &record_port,
	       .help = "ports of the host that lead here"),
	F_MAP(struct namespace_syntax, extra_hosts, "extra-hosts", &record_extra_host,
	      .flags = FIELD_FREE_KEYS, .help = "host names and their addresses, for /etc/hosts"),
	F_LIST(struct namespace_syntax, nameservers, "nameservers", &record_addr_item,
	       .help = "name servers, for /etc/resolv.conf"),
	F_BOOL(struct namespace_syntax, protect, "protect",
	       .help = "refuse any plan that removes it"),
	PLACE_ROWS(struct namespace_syntax, place),
};
const struct record record_namespace = {
	.name = "namespace",
	.size = sizeof(struct namespace_syntax),
	FIELDS(namespace_fields),
	.has_item = true,
	.help = "a network namespace: a place, as the host is",
};

static const struct field match_fields[] = {
	F_LIST(struct match_syntax, hostname, "hostname", &record_string_item,
	       .help = "host names, short or full: one must be this machine's"),
	F_STRING(struct match_syntax, machine_id, "machine-id", .help = "of /etc/machine-id"),
	F_LIST(struct match_syntax, macaddress, "macaddress", &record_mac_item,
	       .help = "one must be of a local interface"),
	F_LIST(struct match_syntax, address, "address", &record_addr_item,
	       .help = "one must be on a local interface"),
};
const struct record record_host_match = {
	.name = "match",
	.size = sizeof(struct match_syntax),
	FIELDS(match_fields),
	.has_item = true,
	.help = "how a machine knows that it is this host: all that is given must hold",
};

/* Keys that only hosts.<h> has, and those that the top level has as well. */
#define HOST_ONLY_ROWS(s, h)                                                                          \
	F_LIST(s, h address, "address", &record_addr_item,                                            \
	       .help = "underlay addresses, one or more"),                                            \
		F_STRING(                                                                             \
			s, h endpoint, "endpoint",                                                    \
			.help = "what the other hosts dial: NAME or ADDRESS with optional :PORT, "    \
				"or none; default: address"),                                         \
		F_RECORD(s, h match, struct match_syntax, "match", &record_host_match,                \
			 .help = "how a machine knows that it is this host"),                         \
		F_STRING(s, h uplink, "uplink",                                                       \
			 .help = "interface towards the outside; auto: of the default route"),        \
		F_STRING(s, h public_key, "public-key", .help = "public key of this host"),           \
		F_STRING(                                                                             \
			s, h key_file, "key-file",                                                    \
			.help = "file of its private key: a path, or a name in /etc/vnetapply/keys"), \
		F_STRING(                                                                             \
			s, h psk_file, "psk-file",                                                    \
			.help = "file of a key that all hosts of its overlays have besides their own")

#define HOST_ROWS(s, h)                                                                            \
	F_MAP(s, h namespaces, "namespaces", &record_namespace,                                    \
	      .help = "network namespaces by name"),                                               \
		F_LIST(s, h links, "links", &record_wire,                                          \
		       .help = "wires: veth pairs between namespaces, or to the host"),            \
		PLACE_ROWS(s, h place)

#define NO_PREFIX
#define HOST_MEMBER host.

static const struct field host_fields[] = {
	HOST_ONLY_ROWS(struct host_syntax, NO_PREFIX),
	HOST_ROWS(struct host_syntax, NO_PREFIX),
};
const struct record record_host = {
	.name = "host",
	.size = sizeof(struct host_syntax),
	FIELDS(host_fields),
	.has_item = true,
	.help = "a machine: its keys are merged over those of the top level",
};

static const struct enum_name automatic[] = { { "auto", 0 }, { NULL, 0 } };

static const struct field defaults_fields[] = {
	F_U32(struct defaults_syntax, mtu, "mtu", .flags = FIELD_AUTO, .min = 68, .max = 65535,
	      .help = "MTU where nothing else decides; auto: the largest that fits"),
	F_ENUM8(struct defaults_syntax, macaddress, "macaddress", automatic,
		.help = "auto: derived from the path of the interface"),
	F_RECORD(struct defaults_syntax, namespaces, struct namespace_syntax, "namespaces",
		 &record_namespace, .help = "merged under every namespace"),
};
const struct record record_defaults = {
	.name = "defaults",
	.size = sizeof(struct defaults_syntax),
	FIELDS(defaults_fields),
	.has_item = true,
	.help = "values where nothing is written",
};

/* The keys of hosts stand last: the file's top level has all the others. */
static const struct field file_fields[] = {
	F_U32(struct file_syntax, version, "version", .flags = FIELD_REQUIRED, .min = 1, .max = 1,
	      .help = "version of the format: 1"),
	F_STRING(struct file_syntax, name, "name", .flags = FIELD_REQUIRED,
		 .help = "whose the objects are: 1 to 32 of a-z, 0-9 and '-'"),
	F_MAP(struct file_syntax, labels, "labels", &record_label, .flags = FIELD_FREE_KEYS,
	      .help = "free texts, without effect"),
	F_RECORD(struct file_syntax, defaults, struct defaults_syntax, "defaults", &record_defaults,
		 .help = "values where nothing is written"),
	F_MAP(struct file_syntax, overlays, "overlays", &record_overlay,
	      .help = "segments that span hosts, by name"),
	F_LIST(struct file_syntax, checks, "checks", &record_check,
	       .help = "tests run by verify, sim check and apply --checks"),
	F_LIST(struct file_syntax, guard, "guard", &record_check,
	       .help = "tests that must hold before and after apply --confirm guard"),
	F_MAP(struct file_syntax, hosts, "hosts", &record_host,
	      .help = "machines by name; without it, the file is about this machine"),
	HOST_ROWS(struct file_syntax, HOST_MEMBER),
	HOST_ONLY_ROWS(struct file_syntax, HOST_MEMBER),
};
#define N_HOST_ONLY 7

const struct record record_view = {
	.name = "file",
	.size = sizeof(struct file_syntax),
	FIELDS(file_fields),
	.has_item = true,
};
const struct record record_file = {
	.name = "file",
	.size = sizeof(struct file_syntax),
	.fields = file_fields,
	.n_fields = sizeof(file_fields) / sizeof(file_fields[0]) - N_HOST_ONLY,
	.has_item = true,
	.help = "a topology",
};
