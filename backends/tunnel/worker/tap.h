/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TAP interface: attach, read and write whole frames (Documentation/networking/tuntap.rst).
 *
 * Only an existing persistent TAP is attached to; it is neither created nor changed nor removed,
 * so its addresses, its bridge and its routes survive the worker.
 *
 * Every frame has a virtio-net header before it, so that the kernel can leave segmentation and checksums
 * to us, and take super-frames from us.
 */
#ifndef BACKENDS_TUNNEL_WORKER_TAP_H
#define BACKENDS_TUNNEL_WORKER_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <linux/virtio_net.h>
#include "backends/tunnel/worker/failure.h"

/* A non-blocking file descriptor, or -errno. -ENODEV: no such TAP; -EBUSY: another process has it. */
int tap_open(const char *interface, struct failure *failure);

/* The interface was deleted: the descriptor is good for nothing more. */
bool tap_is_gone(int fd);
/* The MTU that the interface has now; 0: unknown. */
unsigned tap_mtu(int fd);

enum tap_offload { TAP_TSO = 1 << 0, TAP_USO = 1 << 1 };

/*
 * Have the kernel give super-frames of these kinds, as far as it knows them; returns the kinds that
 * it knows, asked for or not. Frames that wait are as they were.
 */
unsigned tap_offload(int fd, unsigned wanted);

/*
 * Read one frame, or write one, with its struct virtio_net_hdr. -EAGAIN: nothing to read; -EIO: the link is down;
 * -ENODEV: the interface is gone for good; other errors concern this frame alone.
 */
ssize_t tap_read(int fd, void *frame, size_t size);
ssize_t tap_write(int fd, const struct iovec *parts, unsigned count);

#endif
