// Owns one `X509 *` and reads it; made, used and freed on one thread.

import COpenSSL
import NIOCore

/// A certificate, read.
struct Certificate: ~Copyable {
    /// The most alternative names that are taken from one certificate.
    static let maxNames = 64
    /// The longest name that is taken, in bytes.
    static let maxNameBytes = 1_024

    private let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        X509_free(pointer)
    }

    /// The subject as RFC 2253 writes it.
    var subject: String {
        guard let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        X509_NAME_print_ex(bio, X509_get_subject_name(pointer), 0, openssl_rfc2253())
        var start: UnsafeMutablePointer<CChar>?
        let count = openssl_bio_bytes(bio, &start)
        let bytes = UnsafeRawBufferPointer(start: start, count: max(0, count))
        return String(decoding: bytes.prefix(Self.maxNameBytes), as: UTF8.self)
    }

    /// The SHA-256 of the whole certificate in hexadecimal digits.
    var fingerprint: String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(pointer, EVP_sha256(), &digest, &count) == 1 else { return "" }
        let digits = Array("0123456789abcdef".utf8)
        let text = digest.prefix(Int(count)).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The last day of its validity, such as `2027-01-31T12:00:00Z`.
    var expiry: String {
        var time = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(pointer), &time) == 1 else { return "unknown" }
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(time.tm_year + 1_900)-\(padded(time.tm_mon + 1))-\(padded(time.tm_mday))"
        return "\(day)T\(padded(time.tm_hour)):\(padded(time.tm_min)):\(padded(time.tm_sec))Z"
    }

    /// The alternative names that have a known kind and are plain text.
    var names: [String] {
        let found = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil)
        guard let found else { return [] }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        return (0..<min(openssl_name_count(names), Int32(Self.maxNames))).compactMap { index in
            openssl_name(names, index).flatMap { Self.text($0.pointee) }
        }
    }

    private static func text(_ name: GENERAL_NAME) -> String? {
        switch name.type {
        case GEN_DNS: plain(name.d.dNSName).map { "DNS:" + $0 }
        case GEN_URI: plain(name.d.uniformResourceIdentifier).map { "URI:" + $0 }
        case GEN_EMAIL: plain(name.d.rfc822Name).map { "email:" + $0 }
        case GEN_IPADD: address(name.d.iPAddress).map { "IP:" + $0 }
        default: nil
        }
    }

    /// The text, if it is printable ASCII: a name with a NUL inside would be read as a shorter one.
    private static func plain(_ string: UnsafeMutablePointer<ASN1_IA5STRING>?) -> String? {
        let bytes = content(string)
        let isPlain = bytes.allSatisfy { (0x21...0x7E).contains($0) }
        guard (1...maxNameBytes).contains(bytes.count), isPlain else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func address(_ string: UnsafeMutablePointer<ASN1_OCTET_STRING>?) -> String? {
        // Any other length than that of an address makes it no address.
        (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: content(string)), port: 0))?
            .ipAddress
    }

    private static func content(
        _ string: UnsafeMutablePointer<ASN1_STRING>?
    ) -> UnsafeBufferPointer<UInt8> {
        guard let string else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(
            start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
    }
}

extension PeerIdentity {
    /// What a checked certificate says.
    init(_ certificate: borrowing Certificate) {
        self.init(
            subject: certificate.subject, names: certificate.names,
            fingerprint: certificate.fingerprint)
    }
}
