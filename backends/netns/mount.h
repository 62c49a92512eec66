/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of namespaces: files under NETNS_DIRECTORY with a namespace mounted on them. */
#ifndef BACKENDS_NETNS_MOUNT_H
#define BACKENDS_NETNS_MOUNT_H

#include "model/error.h"

/* Makes the directory, and shared, so that a name is seen in every mount namespace that follows this one. */
int netns_prepare_directory(struct error *err);
/* Gives the namespace that the calling thread is in a name. Leaves nothing on failure. -EEXIST: taken. */
int netns_mount(const char *name, struct error *err);
/* Removes the file that was made for a name, if a run of ours was killed before it mounted the namespace. */
int netns_clear(const char *name, struct error *err);
/* Takes the name away; the namespace lives on while somebody is in it. None of that name is no error. */
int netns_unmount(const char *name, struct error *err);

#endif
