# SPDX-License-Identifier: Apache-2.0
"""The framework: a registry of checks, a client that hides nothing, expectations that say what they got, two reports."""
