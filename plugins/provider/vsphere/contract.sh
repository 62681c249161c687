# shellcheck shell=bash disable=SC2154,SC2034
# For tests/contract: the simulated vCenter, with a VM for each part to play.
start_vcenter --scenario "$folder/contract.json"
edit+=(-e "s|@URL@|$url|" -e "s|@USER@|$user|"
	-e "s|@PASSWORD@|$TMP/password|" -e "s|@THUMBPRINT@|$thumbprint|")
