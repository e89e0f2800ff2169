// Owns the settings in force, where each came from, and how to load them again; a value.

/// The settings the server runs with.
package struct LoadedSettings: Sendable {
    /// The values.
    package internal(set) var values: Settings
    /// Where each value came from, by name (`listen_port`, `namespaces.session.ttl`).
    package internal(set) var sources: [String: SettingSource]
    /// The settings file in force, as the operator wrote it; `nil` when there is none.
    package internal(set) var filePath: String?
    /// What the operator should hear of although it stops nothing, one sentence each.
    package internal(set) var warnings: [String]

    let inputs: SettingsInputs

    /// Where a value came from.
    ///
    /// - Parameter name: The setting's name, as in the settings file.
    package func source(of name: String) -> SettingSource {
        sources[name] ?? .builtIn
    }
}

/// What the process was started with, kept so that a reload reads the same places again.
struct SettingsInputs: Sendable {
    let arguments: [String]
    let environment: [String: String]
    let workingDirectory: String
}
