/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules between the objects of a wanted model: what is told here needs no kernel to be seen as wrong. Each message has the
 * position of the object, what is wrong with it, and where there is one a suggestion.
 */
#ifndef MODEL_VALIDATE_H
#define MODEL_VALIDATE_H

#include "model/diag.h"
#include "model/topology.h"

/* Takes n log n steps. Uses topology's want, host and arena. */
void validate_model(const struct topology *topology, struct diag *diag);

#endif
