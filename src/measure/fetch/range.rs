//! Addresses of networks, and which of them are nobody's business from here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

/// A block of addresses: all that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    address: IpAddr,
    bits: u8,
}

impl Block {
    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    pub(super) fn has(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let apart = u128::from(own.to_bits() ^ other.to_bits());
                begins_alike(apart, 32_u8.saturating_sub(self.bits))
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                begins_alike(own.to_bits() ^ other.to_bits(), 128_u8.saturating_sub(self.bits))
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Whether two numbers that differ in these bits differ in nothing but the last ones.
fn begins_alike(apart: u128, last: u8) -> bool {
    apart.checked_shr(u32::from(last)).unwrap_or(0) == 0
}

/// The address that is reached in truth: IPv6 has several ways to write one of IPv4.
pub(super) fn reached(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let last = || IpAddr::V4(Ipv4Addr::from_bits((u32::from(g) << 16) | u32::from(h)));
    match [a, b, c, d, e, f] {
        // Mapped, compatible (of which ::1 and :: are themselves), translated.
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => last(),
        [0, 0, 0, 0, 0, 0] if g != 0 => last(),
        // 6to4 has the address of its gateway in it.
        [0x2002, high, low, ..] => IpAddr::V4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))),
        _ => address,
    }
}

/// What kind of address it is when it is not one of the public internet.
pub(super) fn not_public(address: IpAddr) -> Option<&'static str> {
    match reached(address) {
        IpAddr::V4(v4) => not_public_v4(v4),
        IpAddr::V6(v6) => not_public_v6(v6),
    }
}

/// After the IANA registry of special-purpose IPv4 addresses.
fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    Some(match (a, b, c) {
        (0, _, _) => "unspecified",
        (10, _, _) | (172, 16..=31, _) | (192, 168, _) => "private",
        (100, 64..=127, _) => "shared by a carrier",
        (127, _, _) => "this machine itself",
        (169, 254, _) => "link-local",
        (192, 0, 0) => "reserved for protocols",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => "for documentation",
        (198, 18..=19, _) => "for benchmarks",
        (192, 88, 99) => "a relay",
        (224..=239, _, _) => "multicast",
        (240..=255, _, _) => "reserved",
        _ => return None,
    })
}

/// The segments with which global unicast begins, of which everything in use is a part.
const GLOBAL_UNICAST: RangeInclusive<u16> = 0x2000..=0x3fff;

/// After the IANA registries of IPv6: what is not known to be public is not.
fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [a, b, ..] = address.segments();
    Some(match (a, b) {
        _ if address.is_loopback() => "this machine itself",
        _ if address.is_unspecified() => "unspecified",
        (0xfc00..=0xfdff, _) => "private",
        (0xfe80..=0xfebf, _) => "link-local",
        (0xfec0..=0xfeff, _) => "site-local",
        (0xff00..=0xffff, _) => "multicast",
        (0x64, 0xff9b) => "translated",
        (0x2001, 0x0db8) | (0x3fff, 0..=0x0fff) => "for documentation",
        // Teredo and others of the block for protocols, of which some have other addresses in them.
        (0x2001, 0..=0x01ff) => "reserved for protocols",
        _ if !GLOBAL_UNICAST.contains(&a) => "reserved",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_public_internet_is_known_in_every_spelling() {
        for (text, expected) in [
            ("8.8.8.8", None),
            ("172.15.0.1", None),
            ("172.32.0.1", None),
            ("100.63.0.1", None),
            ("100.128.0.1", None),
            ("198.20.0.1", None),
            ("2606:4700::1111", None),
            ("2001:4860:4860::8888", None),
            ("::ffff:8.8.8.8", None),
            ("64:ff9b::8.8.8.8", None),
            ("2002:808:808::1", None),
            ("0.0.0.0", Some("unspecified")),
            ("0.1.2.3", Some("unspecified")),
            ("10.255.0.1", Some("private")),
            ("172.16.0.1", Some("private")),
            ("172.31.255.255", Some("private")),
            ("192.168.1.1", Some("private")),
            ("100.64.0.1", Some("shared by a carrier")),
            ("127.9.9.9", Some("this machine itself")),
            ("169.254.169.254", Some("link-local")),
            ("192.0.0.192", Some("reserved for protocols")),
            ("198.19.0.1", Some("for benchmarks")),
            ("224.0.0.1", Some("multicast")),
            ("255.255.255.255", Some("reserved")),
            ("::", Some("unspecified")),
            ("::1", Some("this machine itself")),
            ("::7f00:1", Some("this machine itself")),
            ("::ffff:127.0.0.1", Some("this machine itself")),
            ("::ffff:a9fe:a9fe", Some("link-local")),
            ("::ffff:0:10.0.0.1", Some("private")),
            ("64:ff9b::10.0.0.1", Some("private")),
            ("64:ff9b:1::1", Some("translated")),
            ("2002:7f00:1::1", Some("this machine itself")),
            ("2002:a00:1::1", Some("private")),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Some("reserved for protocols")),
            ("2001:db8::1", Some("for documentation")),
            ("fd12:3456::1", Some("private")),
            ("fe80::1", Some("link-local")),
            ("fec0::1", Some("site-local")),
            ("ff02::1", Some("multicast")),
            ("100::1", Some("reserved")),
            ("4000::1", Some("reserved")),
        ] {
            assert_eq!(not_public(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_block_has_what_begins_like_it() {
        let has = |block: &str, address: &str| Block::parse(block).unwrap().has(address.parse().unwrap());
        assert!(has("10.0.0.0/8", "10.255.1.1") && !has("10.0.0.0/8", "11.0.0.0"));
        assert!(has("127.0.0.1", "127.0.0.1") && !has("127.0.0.1", "127.0.0.2"));
        assert!(has("fd00::/8", "fdff::1") && !has("fd00::/8", "fc00::1"));
        assert!(has("[::1]", "::1") && has("0.0.0.0/0", "9.9.9.9") && !has("0.0.0.0/0", "::1"));
        assert!(has("::/0", "::1"));
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/x", "h.example"] {
            assert_eq!(Block::parse(wrong), None, "{wrong}");
        }
    }
}
