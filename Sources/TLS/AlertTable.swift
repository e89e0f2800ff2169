// Owns the words for the alerts that a peer may send (RFC 8446 section 6); constants.

enum AlertTable {
    /// What a received alert means, as the end of a sentence; by its number.
    static let words: [Int32: String] = [
        0: "it closes the connection",
        10: "it got a message that it did not expect",
        20: "a record failed its integrity check",
        21: "it could not decrypt a record",
        22: "a record was too long",
        30: "decompression failed",
        40: "it found no parameters that both sides accept",
        41: "it was shown no certificate",
        42: "it finds the certificate shown to it broken",
        43: "it does not take this kind of certificate",
        44: "the certificate shown to it was revoked",
        45: "the certificate shown to it has expired or is not yet valid",
        46: "it does not accept the certificate shown to it",
        47: "a parameter was out of its range",
        48: "it does not know the authority that signed the certificate shown to it",
        49: "it refuses access",
        50: "it could not decode a message",
        51: "a signature or key exchange did not verify",
        60: "it refuses export ciphers",
        70: "it accepts none of the protocol versions offered",
        71: "it wants ciphers stronger than those offered",
        80: "it had an error of its own",
        86: "the client fell back to a lower version without need",
        90: "it was stopped by its user",
        100: "it refuses to negotiate again",
        109: "an extension is missing",
        110: "an extension was not asked for",
        111: "it could not fetch the certificate",
        112: "it does not know the server name",
        113: "the status of the certificate is invalid",
        114: "the hash of the certificate is invalid",
        115: "it does not know the shared key",
        116: "it requires a client certificate, and none was shown",
        120: "it shares no application protocol (ALPN) with this side",
    ]

    /// The sentence for a received alert.
    static func sentence(_ alert: Int32) -> String {
        "the peer ended the connection: \(words[alert] ?? "alert \(alert)")"
    }
}
