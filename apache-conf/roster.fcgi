#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Roster on shared hosting: what Apache's mod_fcgid starts. See htaccess beside this file.
ROSTER_CONFIG=$HOME/roster/roster.conf
export ROSTER_CONFIG
# One worker: mod_fcgid starts as many of these as it needs.
exec "$HOME/roster/lib/roster/roster.fcgi" --workers 1
