# Takes the lines "N passed, N failed" out of what several suites print and ends with their sum, alone.
# The status is 0 only when something passed and nothing failed.
/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; next }
{ print; fflush() }
END {
    printf "%d passed, %d failed\n", passed, failed
    exit !(passed > 0 && failed == 0)
}
