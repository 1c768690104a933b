#!/bin/sh
# Makes the certificates of tests/lib/tls_*.py anew, with the openssl tool. They and their keys serve these tests alone.
#   authority.pem   a certificate authority          localhost.pem  key and certificate of it for localhost, 127.0.0.1
#   other.pem       the same for other.example       selfsigned.pem a certificate of nobody's, with its key
#   locked.key      the key of localhost.pem with the password "heddle"
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/ca.cnf" <<END
[ca]
default_ca = own
[own]
database = $work/index
new_certs_dir = $work
serial = $work/serial
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[localhost]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1, email:loom@heddle.example, URI:https://heddle.example/, RID:1.2.3.4, dirName:place
authorityInfoAccess = OCSP;URI:http://heddle.example/ocsp, caIssuers;URI:http://heddle.example/authority
crlDistributionPoints = URI:http://heddle.example/revoked
[other]
subjectAltName = DNS:other.example, DNS:*.wild.example
[selfsigned]
subjectAltName = DNS:localhost
[place]
CN = warp
O = weft
END
: >"$work/index"
echo 01 >"$work/serial"
dates="-startdate 20200101000000Z -enddate 21200101000000Z"
for name in authority localhost other selfsigned; do
    openssl req -new -newkey rsa:2048 -nodes -subj "/CN=Heddle test $name" -keyout "$work/$name.key" -out "$work/$name.req" \
        2>/dev/null
done
for name in authority selfsigned; do
    openssl ca -batch -notext -config "$work/ca.cnf" -extensions $name -selfsign -keyfile "$work/$name.key" $dates \
        -in "$work/$name.req" -out "$work/$name.pem" 2>/dev/null
done
for name in localhost other; do
    openssl ca -batch -notext -config "$work/ca.cnf" -extensions $name -keyfile "$work/authority.key" \
        -cert "$work/authority.pem" $dates -in "$work/$name.req" -out "$work/$name.pem" 2>/dev/null
done
cp "$work/authority.pem" authority.pem
for name in localhost other selfsigned; do
    cat "$work/$name.key" "$work/$name.pem" >$name.pem
done
openssl rsa -aes256 -passout pass:heddle -in "$work/localhost.key" -out locked.key 2>/dev/null
