//! What a sender of the binary form is answered.

/// `Export...ServiceResponse` with a `partial_success`: how many were not taken, and why.
#[must_use]
pub fn partial_success(rejected: u64, message: &str) -> Vec<u8> {
    let mut partial = Vec::new();
    if rejected > 0 {
        partial.push(0x08);
        varint(rejected, &mut partial);
    }
    bytes(2, message.as_bytes(), &mut partial);
    let mut answer = Vec::new();
    bytes(1, &partial, &mut answer);
    answer
}

/// `google.rpc.Status` with a message.
#[must_use]
pub fn failure(message: &str) -> Vec<u8> {
    let mut status = Vec::new();
    bytes(2, message.as_bytes(), &mut status);
    status
}

fn bytes(field: u8, value: &[u8], out: &mut Vec<u8>) {
    out.push((field << 3) | 2);
    varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

#[expect(clippy::cast_possible_truncation, reason = "seven bits are taken of it")]
fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number as u8) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_message_that_senders_read() {
        assert_eq!(partial_success(300, "no"), [0x0A, 7, 0x08, 0xAC, 2, 0x12, 2, b'n', b'o']);
        assert_eq!(failure("no"), [0x12, 2, b'n', b'o']);
    }
}
