#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""on_terminal.py PATTERN ANSWER COMMAND...: runs COMMAND on a terminal of its own. When PATTERN has
appeared, runs the shell command $MEANWHILE, if it is set, and types ANSWER, or closes the terminal if that is
"hangup"; exits with COMMAND's status."""

import os
import pty
import re
import subprocess
import sys

pattern, answer, command = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # the other side has closed
        break
    if not data:
        break
    seen += data
    if pattern and re.search(pattern.encode(), seen):
        pattern = ""
        subprocess.run(os.environ.get("MEANWHILE", "true"), shell=True, check=True)
        if answer == "hangup":
            os.close(terminal)
            break
        os.write(terminal, answer.encode() + b"\n")
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
