# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share. Nothing here knows code of the service, only its contracts."""
