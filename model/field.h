/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row states everything about a setting: its key in YAML and JSON, its type, its member, its limits, its
 * netlink attribute, whether it can be changed in place. Reading a file, defaults, unknown-key errors,
 * diff, text and JSON output, the schema, netlink encoding and decoding all walk these rows.
 *
 * A record is a struct described by rows. "Unset" is the zero value: NULL text, family 0, MAC of zeros,
 * empty list; for numbers, booleans and enums absence means the record's default.
 */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include "model/addr.h"
#include "model/arena.h"
#include "model/position.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;
struct record;
struct reader;
struct text;

/* No switch over it has a default: a new type is completed by following the compiler's list. */
enum field_type {
	FIELD_BOOL,   /* bool; netlink u8 */
	FIELD_U8,     /* uint8_t */
	FIELD_U16,    /* uint16_t */
	FIELD_BE16,   /* uint16_t in host order here, big endian in netlink */
	FIELD_U32,    /* uint32_t */
	FIELD_ENUM8,  /* uint8_t, words from .names */
	FIELD_ENUM16, /* uint16_t */
	FIELD_ENUM32, /* uint32_t */
	FIELD_STRING, /* const char * */
	FIELD_REF,    /* struct ref: another link; netlink u32 ifindex */
	FIELD_ADDR,   /* struct addr of full length */
	FIELD_PREFIX, /* struct addr with a length */
	FIELD_MAC,    /* struct mac */
	FIELD_RECORD, /* a struct of .record, embedded */
	FIELD_LIST,   /* struct list of .record */
	FIELD_MAP, /* struct list of .record, each with a struct item first: its key is item.name */
};

enum field_flags {
	FIELD_KEY = 1 << 0,	 /* part of identity: never differs between want and have */
	FIELD_REQUIRED = 1 << 1, /* the file must write it */
	FIELD_RECREATE = 1 << 2, /* cannot be changed in place: delete and create */
	FIELD_LOOSE =
		1 << 3, /* compared only where want sets it (unset: whatever the kernel took) */
	FIELD_HIDDEN = 1 << 4,	  /* not in files or output; compared and sent only */
	FIELD_AUTO = 1 << 5,	  /* the word "auto" reads as unset */
	FIELD_NAME = 1 << 6,	  /* an interface name: at most 15 characters, no '/' or blank */
	FIELD_HOST_BITS = 1 << 7, /* a PREFIX that may have host bits (an interface's address) */
	FIELD_DEFAULT_WORD =
		1 << 8, /* a PREFIX where "default" reads as 0.0.0.0/0 or ::/0, by the gateway */
	FIELD_CREATE_ONLY = 1 << 9, /* sent in the create message only, compared like the others */
	FIELD_UNORDERED = 1 << 10,  /* a LIST compared as a set */
	FIELD_WIDE = 1 << 11,	    /* a BOOL that netlink carries as u32 */
	FIELD_STICKY =
		1
		<< 20, /* the kernel cannot take it back: to its default only by delete and create */
	FIELD_FREE_KEYS = 1 << 12, /* a MAP whose keys are any text, not names of objects */
	FIELD_KEY_LIST = 1 << 13,  /* a MAP that may be written as the list of its keys */
	FIELD_ONE_FAMILY =
		1 << 14, /* an ADDR whose family stays: another one by delete and create */
};

struct enum_name {
	const char *name; /* NULL ends the table */
	uint32_t value;
};

struct field {
	const char *name; /* key in YAML and JSON */
	enum field_type type;
	uint16_t offset;   /* of the member */
	uint16_t attr;	   /* netlink attribute; 0: not sent by rows */
	unsigned flags;	   /* enum field_flags */
	uint32_t min, max; /* limits in the unit of the file; both 0: the type's own */
	uint32_t scale;	   /* netlink value = value * scale; 0: 1 (kernel times are in 1/100 s) */
	const struct enum_name *names;
	const struct record *record; /* of RECORD, LIST, MAP */
	const char *help;	     /* one line for the schema and the manual */
};

/* A reference to a link. place NULL: the place of the object it stands in; "": the host's own. */
struct ref {
	const char *place;
	const char *name; /* NULL: unset */
};

struct list {
	void *items; /* n structs of the row's record, side by side */
	size_t n;
};

/* First member of records whose elements must remember where they were written. */
struct item {
	const char *name;	  /* key, in a FIELD_MAP */
	struct position position; /* of the key, or of the element */
	const struct node *node; /* the map it was read from, as long as the document; NULL: none */
	uint64_t written;	 /* bit i: row i of the record was written */
};

struct record {
	const char *name; /* "bridge", "attach": for messages and the schema's $defs */
	size_t size;
	const struct field *fields;
	size_t n_fields;
	const void *defaults; /* an instance; NULL: all zero */
	bool has_item;	      /* begins with a struct item */
	bool scalar;	      /* one row, written without its key: lists of names, of prefixes */
	const char *list_key; /* a list in place of the map fills this row: attach: {br0: [a, b]} */
	/*
	 * A scalar in place of the map: "8080:80", "10.0.0.2/24". Fills *item; returns false after it
	 * reported a diag_error. NULL: not allowed.
	 */
	bool (*from_scalar)(void *item, const struct node *node, struct reader *reader);
	const char
		*scalar_help; /* what from_scalar takes, for messages: "HOST:TARGET[/PROTOCOL]" */
	/*
	 * More rows by what was read: an interface's by its type. Called before the rows are read, with
	 * the map; returns NULL for none, with *data at the struct that they fill.
	 */
	const struct record *(*variant)(void *item, const struct node *map, struct reader *reader,
					void **data);
	const struct record *const *variants; /* NULL-ended, all of them: for the schema */
	const char *variant_key; /* the row that chooses: "type"; NULL: always variants[0] */
	/*
	 * With variant_key, all of them: value `index` of that row, and the rows that come with it (NULL: none).
	 * False past the last.
	 */
	bool (*variant_at)(size_t index, const char **value, const struct record **rows);
	const char *help;
};

/* A row that lies about its member's type does not compile. */
#define FIELD_OFFSET(struct_type, member, member_type)                                             \
	((uint16_t)(offsetof(struct_type, member) +                                                \
		    0 * sizeof(struct {                                                            \
			    _Static_assert(                                                        \
				    __builtin_types_compatible_p(                                  \
					    __typeof__(((struct_type *)0)->member), member_type),  \
				    #struct_type "." #member " is not " #member_type);             \
			    int unused;                                                            \
		    })))

#define FIELD_ROW(kind, ctype, s, member, key, ...)                                                \
	{                                                                                          \
		.name = (key), .type = (kind), .offset = FIELD_OFFSET(s, member, ctype),           \
		##__VA_ARGS__                                                                      \
	}

#define F_BOOL(s, m, key, ...) FIELD_ROW(FIELD_BOOL, bool, s, m, key, ##__VA_ARGS__)
#define F_U8(s, m, key, ...)   FIELD_ROW(FIELD_U8, uint8_t, s, m, key, ##__VA_ARGS__)
#define F_U16(s, m, key, ...)  FIELD_ROW(FIELD_U16, uint16_t, s, m, key, ##__VA_ARGS__)
#define F_BE16(s, m, key, ...) FIELD_ROW(FIELD_BE16, uint16_t, s, m, key, ##__VA_ARGS__)
#define F_U32(s, m, key, ...)  FIELD_ROW(FIELD_U32, uint32_t, s, m, key, ##__VA_ARGS__)
#define F_ENUM8(s, m, key, words, ...)                                                             \
	FIELD_ROW(FIELD_ENUM8, uint8_t, s, m, key, .names = (words), ##__VA_ARGS__)
#define F_ENUM16(s, m, key, words, ...)                                                            \
	FIELD_ROW(FIELD_ENUM16, uint16_t, s, m, key, .names = (words), ##__VA_ARGS__)
#define F_ENUM32(s, m, key, words, ...)                                                            \
	FIELD_ROW(FIELD_ENUM32, uint32_t, s, m, key, .names = (words), ##__VA_ARGS__)
#define F_STRING(s, m, key, ...) FIELD_ROW(FIELD_STRING, const char *, s, m, key, ##__VA_ARGS__)
#define F_REF(s, m, key, ...)	 FIELD_ROW(FIELD_REF, struct ref, s, m, key, ##__VA_ARGS__)
#define F_ADDR(s, m, key, ...)	 FIELD_ROW(FIELD_ADDR, struct addr, s, m, key, ##__VA_ARGS__)
#define F_PREFIX(s, m, key, ...) FIELD_ROW(FIELD_PREFIX, struct addr, s, m, key, ##__VA_ARGS__)
#define F_MAC(s, m, key, ...)	 FIELD_ROW(FIELD_MAC, struct mac, s, m, key, ##__VA_ARGS__)
#define F_LIST(s, m, key, rec, ...)                                                                \
	FIELD_ROW(FIELD_LIST, struct list, s, m, key, .record = (rec), ##__VA_ARGS__)
#define F_MAP(s, m, key, rec, ...)                                                                 \
	FIELD_ROW(FIELD_MAP, struct list, s, m, key, .record = (rec), ##__VA_ARGS__)
#define F_RECORD(s, m, ctype, key, rec, ...)                                                       \
	FIELD_ROW(FIELD_RECORD, ctype, s, m, key, .record = (rec), ##__VA_ARGS__)

#define FIELDS(rows) .fields = (rows), .n_fields = sizeof(rows) / sizeof((rows)[0])

/* The member of `data` that the row describes. */
void *field_member(const struct field *field, void *data);
const void *field_member_const(const struct field *field, const void *data);

/* Scalars as one 64-bit number: BOOL, U*, BE16, ENUM*. Other types: assert. */
uint64_t field_get_number(const struct field *field, const void *data);
void field_set_number(const struct field *field, void *data, uint64_t value);
bool field_is_number(const struct field *field);     /* BOOL, U*, BE16 or ENUM* */
size_t field_number_size(const struct field *field); /* bytes of a number's member */

/* NULL text, family 0, zero MAC, empty list; numbers: zero. */
bool field_is_unset(const struct field *field, const void *data);
bool field_is_default(const struct field *field, const struct record *record, const void *data);

/* Whether the members are equal. Lists: element by element, or as sets with FIELD_UNORDERED. */
bool field_equal(const struct field *field, const void *a, const void *b);

/*
 * Parses a scalar by the row's type and limits into data; strings are copied into arena. On failure
 * returns false and adds to `why` what was expected: "expected a number from 0 to 9216".
 */
bool field_parse(const struct field *field, void *data, const char *text, struct arena *arena,
		 struct text *why);

/* Appends the text of a scalar member: what field_parse reads. Nothing for an unset one. */
void field_format(const struct field *field, const void *data, struct text *ret);

/* Any member as a node, lists and records too: for YAML and JSON. Rows at their default are left out inside. */
struct node *field_to_node(const struct field *field, const void *data, struct arena *arena);

/* Copies a member deeply, strings and lists into arena. */
void field_copy(const struct field *field, void *to, const void *from, struct arena *arena);

const char *enum_name(const struct enum_name *names, uint32_t value); /* NULL: none */
bool enum_value(uint32_t *ret, const struct enum_name *names, const char *name);

/* Records as wholes. */
void *record_new(const struct record *record, struct arena *arena); /* with its defaults */
void record_copy(const struct record *record, void *to, const void *from, struct arena *arena);
bool record_equal(const struct record *record, const void *a, const void *b);
struct node *record_to_node(const struct record *record, const void *data, struct arena *arena);
const struct field *record_field(const struct record *record, const char *name); /* NULL: none */

/* List element i; appending copies the element's bytes. Growth is by doubling inside the arena. */
void *list_item(const struct list *list, const struct record *record, size_t i);
void *list_append(struct list *list, const struct record *record, struct arena *arena);

/* Refs: "eth0", "host:eth0", "red:eth0". */
bool ref_is_set(const struct ref *ref);
bool ref_equal(const struct ref *a, const struct ref *b);

/* The usual lists of single values; each element is a struct with that one member. */
struct string_item {
	const char *text;
};
struct prefix_item {
	struct addr prefix;
};
struct addr_item {
	struct addr addr;
};
struct mac_item {
	struct mac mac;
};

extern const struct record record_string_item; /* any text */
extern const struct record record_ifname_item; /* struct string_item, an interface's name */
extern const struct record record_prefix_item; /* a network: no host bits */
extern const struct record
	record_address_item; /* struct prefix_item, an interface's address: 10.0.0.2/24 */
extern const struct record record_addr_item; /* a plain address */
extern const struct record record_mac_item;

#endif
