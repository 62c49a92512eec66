/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line that all commands go along, and stop at: document, host, topology, scope, live state, plan. Each step prints
 * what went wrong in it and returns an exit status, 0 to go on. Nothing privileged happens before the file is valid.
 */
#ifndef CMD_SESSION_H
#define CMD_SESSION_H

#include "cmd/options.h"
#include "cmd/plan_tree.h"
#include "cmd/run_lock.h"
#include "model/topology.h"
#include "reconcile/execute.h"
#include "reconcile/scope.h"

#define SESSION_BACKENDS_MAX 8
#define SESSION_DIGEST_MAX   80

struct findings;
struct plan_file;

struct session {
	const struct options *options;
	struct arena *arena;
	struct diag *diag;
	struct document *document; /* NULL: by --name alone */
	struct facts facts;
	const char *name; /* of the topology */
	const char *host; /* NULL: the file has no hosts */
	struct topology *topology;
	struct model *want; /* the topology's, or empty: nothing is wanted */
	struct model *empty;
	struct scope scope;
	struct places *places;
	struct backend_instance backends[SESSION_BACKENDS_MAX];
	size_t n_backends;
	struct model *have;
	struct plan *plan;
	struct findings *warnings; /* what will be in the plan's way; NULL: nobody looked */
	bool has_warned;	   /* they were printed */
	bool adopts;		   /* looks into namespaces, too, that are to be marked */
	const char *
		control; /* what of the plan is the way of the caller's connection; NULL: nothing */
	bool is_undoing; /* to put back what was: nothing is protected then */
	void (*on_plan)(
		struct session
			*session); /* notes in a plan what its command knows of it; NULL: nothing */
	const char *before;   /* record of the state before the former apply; NULL: untouched */
	const char *protects; /* lines of what the wish protects; NULL: as its objects say */
	const char *protected_before;  /* and of the record, when the changes began */
	bool goes_to_nothing;	       /* rolling it back would: there was nothing before */
	bool awaits_confirmation;      /* of an apply that was carried out */
	int findings;		       /* record of the guard tests that fail; -1: none is open */
	const struct plan_file *saved; /* what the plan must be; NULL: anything */
	int lock;		       /* -1: not held */
	struct run_watch watch;	       /* without the lock: who wrote last */
	bool keeps_protocol;	       /* scope's number was set before, not found */
	bool had_record;	       /* a record of the topology was there before */
};

void session_init(struct session *session, const struct options *options);
/* Frees and closes everything; the lock last. */
void session_close(struct session *session);
#define AUTO_SESSION __attribute__((cleanup(session_close)))
#define SESSION_CLOSED                                                                             \
	{                                                                                          \
		.lock = -1, .findings = -1                                                         \
	}

/* Reads the files; sets document. */
int session_load(struct session *session);
/* Which host this is; sets host and facts. reasoning may be NULL. */
int session_identify(struct session *session, struct text *reasoning);
/* Expands and validates; sets topology, want and name. offline: without the state of this machine. */
int session_expand(struct session *session, bool offline);
/* load, unless there is a document already, identify and expand. */
int session_read(struct session *session);
/* The name from --name, from the file, or that of the one topology that is live. */
int session_find_name(struct session *session);

/* Checks capabilities, and opens the places of this machine: for what needs no topology. */
int session_enter(struct session *session);

enum session_access { SESSION_READS, SESSION_WRITES };
/*
 * Checks capabilities, takes the lock to write, finds the scope, opens the backends. A protocol number that is set in
 * session->scope already is kept.
 */
int session_open(struct session *session, enum session_access access);
/* After a run to write, with its status, which it returns: what failed leaves no record that was not there before. */
int session_end(struct session *session, int status);
/* Which protocol number is ours: sets it in the scope, unless it is set, and in what is wanted. */
int session_choose_protocol(struct session *session, struct error *err);
/* Reads the live state anew; all: foreign objects too. */
int session_observe(struct session *session);
/* Observes, and plans from there to want. */
int session_plan(struct session *session);
/* Prints why the plan must not be executed: 0, or STATUS_REFUSED. */
int session_check_refusals(struct session *session);

/* Digest of all inputs, of the live state. Returns buffer, of SESSION_DIGEST_MAX bytes. */
const char *session_inputs_digest(const struct session *session, char *buffer);
const char *session_live_digest(const struct session *session, char *buffer);

/*
 * Looks for what will be in the way of a plan that is not empty; sets warnings. They warn and no more: where that fails,
 * there are none.
 */
void session_look_around(struct session *session);
/* They are talk: on standard error, once, and not with --quiet or as JSON. */
void session_print_warnings(struct session *session);

/* The plan on standard output, as the options say, with the findings. */
void session_print_plan(struct session *session);
/* The plan as a tree, in the session's arena. created: when it was made, in ISO 8601; NULL: now. */
struct node *session_plan_tree(struct session *session, const char *created);
bool session_has_color(const struct session *session, FILE *file);

#endif
