/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What on this machine will eat the packets of a topology, or stand in its way. One table has a row for each such thing
 * (cmd/doctor/table.c); the command `doctor` and the warnings of a plan are both made from it.
 */
#ifndef CMD_DOCTOR_DOCTOR_H
#define CMD_DOCTOR_DOCTOR_H

#include "backends/place.h"
#include "model/model.h"
#include "model/node.h"
#include "model/surroundings.h"

#include <stdio.h>

enum finding_use {
	FINDING_ALWAYS,	     /* in plans, too */
	FINDING_DOCTOR_ONLY, /* of no haste, or dear to find */
};

/* What is looked at. Rows are pure functions of it. */
struct outlook {
	const struct model *want;   /* of the file, or what is live of a topology */
	const struct model *have;   /* live, of the same topology; NULL: not known */
	const char *topology;	    /* its name; NULL: none, the host alone is looked at */
	const char *uplink;	    /* of the host; NULL: it has none */
	enum finding_use use;	    /* which rows are asked, and how closely they look */
	const struct node *workers; /* as tunnel_status has them; NULL: nobody asked */
	struct surroundings near;
};

struct finding {
	const struct finding_row *row;
	const char *address;	  /* of the object, as in a plan; NULL: the host as a whole */
	const char *message;	  /* what, where exactly, and what comes of it */
	const char *fix;	  /* the command, or the key, that mends it */
	struct position position; /* where the file asks for the object */
};
extern const struct record record_finding;

struct findings {
	struct list list; /* struct finding */
	struct arena *arena;
};

struct finding_row {
	const char *code;
	enum finding_use use;
	const char *title;
	void (*look)(const struct finding_row *row, const struct outlook *outlook,
		     struct findings *ret);
	const char *explanation; /* paragraphs */
};

/* The table, ended by a row without a code. */
extern const struct finding_row finding_rows[];
const struct finding_row *finding_row_find(const char *code); /* NULL: none */

/* Looks around by what the outlook wants, fills outlook->near, and appends to ret what is found and not in it already. */
int doctor_look(struct outlook *outlook, struct places *places, struct findings *ret,
		struct error *err);
/* The rows alone, on surroundings that are there. */
void doctor_judge(const struct outlook *outlook, struct findings *ret);

/* What doctor prints: each with its title, and how many. */
void findings_print(FILE *file, const struct findings *findings, bool color);
/* "  ! W-DOCKER  chain …" and the fix below it, for the end of a plan. Nothing for none. */
void findings_print_warnings(FILE *file, const struct findings *findings, bool color);
/* The same as elements of a plan's "warnings". */
void findings_add_nodes(const struct findings *findings, struct node *list, struct arena *arena);
/* A row at length. */
void finding_row_explain(FILE *file, const struct finding_row *row);

#endif
