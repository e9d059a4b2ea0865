# SPDX-License-Identifier: Apache-2.0
"""One file for each theme; registry.py says how a check is written."""
