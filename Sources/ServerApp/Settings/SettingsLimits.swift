// Owns the checks of settings against each other; pure functions.

import TLS

/// Collects what is wrong with values that are each allowed on their own.
struct SettingsLimits {
    private let values: Settings
    private let sources: [String: SettingSource]
    private var problems: [SettingsProblem] = []

    private init(_ values: Settings, _ sources: [String: SettingSource]) {
        self.values = values
        self.sources = sources
    }

    /// What is wrong, in the order of the settings.
    static func problems(
        _ values: Settings, _ sources: [String: SettingSource]
    ) -> [SettingsProblem] {
        var limits = SettingsLimits(values, sources)
        limits.checkTLS()
        limits.checkMemory()
        limits.checkLargestValue()
        limits.checkNamespaces()
        return limits.problems + SharedLevelLimits.problems(values, sources)
    }

    private mutating func checkTLS() {
        let isOn = values.tlsCertificate != nil && values.tlsKey != nil
        switch (values.tlsCertificate, values.tlsKey) {
        case (let certificate?, nil):
            report("tls_certificate", certificate, "needs tls_key beside it")
        case (nil, let key?): report("tls_key", key, "needs tls_certificate beside it")
        default: break
        }
        let policy = values.tlsClientCertificates
        if let authorities = values.tlsClientCA, policy == .off || !isOn {
            report(
                "tls_client_ca", authorities,
                isOn
                    ? "needs tls_client_certificates beside it, optional or required"
                    : "needs tls_certificate and tls_key beside it")
        }
        if policy != .off, values.tlsClientCA == nil || !isOn {
            report(
                "tls_client_certificates", policy.rawValue,
                isOn
                    ? "needs tls_client_ca beside it, to check them against"
                    : "needs tls_certificate and tls_key beside it")
        }
    }

    private mutating func checkMemory() {
        guard values.sharedBytes <= 0 else { return }
        let parts = SizeNotation.format(values.l1MaxBytes - values.sharedBytes)
        report(
            "l1_max_bytes", SizeNotation.format(values.l1MaxBytes),
            "allowed: more than the max_bytes of all namespaces together, which are \(parts)")
    }

    private mutating func checkLargestValue() {
        let needed = values.maxValueBytes + SettingsTable.valueOverheadBytes
        let overhead = SizeNotation.format(SettingsTable.valueOverheadBytes)
        let reason = "less \(overhead) for key, tags and metadata"
        if needed > values.maxMessageBytes {
            let most = SizeNotation.format(values.maxMessageBytes)
            report(
                "max_value_bytes", SizeNotation.format(values.maxValueBytes),
                "allowed: at most max_message_bytes (\(most)) \(reason)")
        }
        if values.sharedBytes > 0 && needed > values.sharedBytes {
            let most = SizeNotation.format(values.sharedBytes)
            report(
                "max_value_bytes", SizeNotation.format(values.maxValueBytes),
                "allowed: at most what namespaces leave of l1_max_bytes (\(most)) \(reason)")
        }
    }

    private mutating func checkNamespaces() {
        for (name, namespace) in values.namespaces.sorted(by: { $0.key < $1.key }) {
            guard let entries = namespace.maxEntries, namespace.maxBytes == nil else { continue }
            report(
                "\(SettingsTable.namespacesKey).\(name).max_entries", String(entries),
                "needs max_bytes beside it")
        }
    }

    private mutating func report(_ setting: String, _ value: String, _ advice: String) {
        problems.append(
            SettingsProblem(
                setting: setting, value: value, source: sources[setting] ?? .builtIn,
                advice: advice))
    }
}
