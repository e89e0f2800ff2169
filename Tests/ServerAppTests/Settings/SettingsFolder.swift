// Owns a folder for one test with a settings file in it; gone with the value.

import Foundation

@testable import ServerApp

/// A new folder that holds `cache-manager.yaml` when there is text for it.
final class SettingsFolder {
    let path: String

    init(yaml: String? = nil) throws {
        let name = "cache-manager-settings-\(UUID().uuidString)"
        let url = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path(percentEncoded: false)
        if let yaml { try write(yaml) }
    }

    deinit {
        // Nothing depends on the folder being gone.
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ yaml: String, as name: String = SettingsLoader.defaultFile) throws {
        try Data(yaml.utf8).write(to: URL(filePath: path).appending(path: name))
    }

    func load(
        _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws(SettingsError) -> LoadedSettings {
        try SettingsLoader.load(
            arguments: arguments, environment: environment, workingDirectory: path)
    }

    /// The lines the operator reads when the load fails; empty when it succeeds.
    func problems(
        _ arguments: [String] = [], environment: [String: String] = [:]
    ) -> [String] {
        do {
            _ = try load(arguments, environment: environment)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}
