// The peer on Java's JSSE: see program.ts for what it is asked and what it answers.
// What cannot be asked of an SSLSocket is in JSSE's debug output (-Djavax.net.debug), which goes to stderr.

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class Peer {
    static final String EXPORTER_LABEL = "EXPORTER-isotls-interop";
    static final int TIMEOUT_MS = 60_000;
    static final char[] PASSWORD = "isotls".toCharArray();

    public static void main(String[] args) throws Exception {
        say(Map.of("version", System.getProperty("java.version"), "vendor", System.getProperty("java.vendor")));
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = input.readLine()) != null; ) {
            Command command = new Command(line);
            Map<String, Object> answer = new TreeMap<>();
            try {
                if (command.text("do").equals("connect")) beClient(command, answer);
                else beServer(command, answer);
            } catch (Exception error) {
                answer.put("error", error.toString());
            }
            System.err.println("\nisotls: done");
            System.err.flush();
            say(answer);
        }
    }

    static void beClient(Command command, Map<String, Object> answer) throws Exception {
        SSLContext context = makeContext(command);
        Socket raw = new Socket(InetAddress.getLoopbackAddress(), command.number("port"));
        raw.setSoTimeout(TIMEOUT_MS);
        String name = command.text("name");
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(raw, name, raw.getPort(), true)) {
            SSLParameters parameters = makeParameters(socket, command);
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setServerNames(command.flag("sni") ? List.of(new SNIHostName(name)) : List.of());
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            describe(socket, answer);
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            int echoed = 0;
            for (String file : command.list("payloads")) {
                byte[] payload = Files.readAllBytes(Path.of(file));
                out.write(payload);
                if (!Arrays.equals(in.readNBytes(payload.length), payload)) {
                    throw new IOException(payload.length + " bytes came back changed");
                }
                // After the handshake this updates keys, and asks the other side to.
                if (echoed == 0 && command.flag("rekey")) socket.startHandshake();
                echoed += payload.length;
            }
            answer.put("echoed", echoed);
            socket.shutdownOutput();
            if (in.read() != -1) throw new IOException("more data than were sent");
        }
    }

    static void beServer(Command command, Map<String, Object> answer) throws Exception {
        SSLContext context = makeContext(command);
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(TIMEOUT_MS);
            say(Map.of("port", listener.getLocalPort()));
            Socket raw = listener.accept();
            raw.setSoTimeout(TIMEOUT_MS);
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(raw, null, true)) {
                SSLParameters parameters = makeParameters(socket, command);
                parameters.setWantClientAuth(command.text("clientAuth").equals("request"));
                if (command.text("clientAuth").equals("require")) parameters.setNeedClientAuth(true);
                socket.setUseClientMode(false);
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                describe(socket, answer);
                List<SNIServerName> names = ((ExtendedSSLSession) socket.getSession()).getRequestedServerNames();
                answer.put("serverName", names.isEmpty() ? null : ((SNIHostName) names.get(0)).getAsciiName());
                InputStream in = socket.getInputStream();
                byte[] buffer = new byte[65_536];
                boolean first = true;
                for (int length; (length = in.read(buffer)) != -1; first = false) {
                    if (first && command.flag("rekey")) socket.startHandshake();
                    socket.getOutputStream().write(buffer, 0, length);
                }
            }
        }
    }

    static SSLContext makeContext(Command command) throws Exception {
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null, null);
        anchors.setCertificateEntry("ca", readCertificates(command.text("ca"))[0]);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(anchors);

        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        if (command.text("chain") != null) {
            Certificate[] chain = readCertificates(command.text("chain"));
            byte[] key = readPem(command.text("key"));
            KeyFactory factory = KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm());
            own.setKeyEntry("own", factory.generatePrivate(new PKCS8EncodedKeySpec(key)), PASSWORD, chain);
        }
        keys.init(own, PASSWORD);

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    static SSLParameters makeParameters(SSLSocket socket, Command command) throws Exception {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setApplicationProtocols(command.list("alpn").toArray(String[]::new));
        // From Java 20 on; before, a system property says it for the whole process.
        if (command.list("groups") != null && Runtime.version().feature() >= 20) {
            Object groups = command.list("groups").toArray(String[]::new);
            SSLParameters.class.getMethod("setNamedGroups", String[].class).invoke(parameters, groups);
        }
        return parameters;
    }

    static void describe(SSLSocket socket, Map<String, Object> answer) {
        ExtendedSSLSession session = (ExtendedSSLSession) socket.getSession();
        answer.put("protocol", session.getProtocol());
        answer.put("cipher", session.getCipherSuite());
        String alpn = socket.getApplicationProtocol();
        answer.put("alpn", alpn == null || alpn.isEmpty() ? null : alpn);
        try {
            // From Java 25 on.
            Object exported = ExtendedSSLSession.class
                    .getMethod("exportKeyingMaterialData", String.class, byte[].class, int.class)
                    .invoke(session, EXPORTER_LABEL, null, 32);
            answer.put("exported", HexFormat.of().formatHex((byte[]) exported));
        } catch (ReflectiveOperationException none) {
            // An older one.
        }
    }

    static Certificate[] readCertificates(String file) throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of(file));
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(bytes))
                .toArray(Certificate[]::new);
    }

    static byte[] readPem(String file) throws IOException {
        String text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", "");
        return Base64.getMimeDecoder().decode(text);
    }

    static void say(Map<String, ?> value) {
        System.out.println(value.entrySet().stream()
                .map(entry -> quote(entry.getKey()) + ":" + json(entry.getValue()))
                .collect(Collectors.joining(",", "{", "}")));
        System.out.flush();
    }

    static String json(Object value) {
        return value == null || value instanceof Number ? String.valueOf(value) : quote(value.toString());
    }

    static String quote(String text) {
        return '"' + text.replaceAll("[\\\\\"]", "\\\\$0").replaceAll("[\\x00-\\x1f]", " ") + '"';
    }

    /** A command: one flat object of JSON, with strings free of escapes. */
    static class Command {
        private final Map<String, String> fields = new TreeMap<>();

        Command(String line) {
            Matcher field = Pattern.compile("\"(\\w+)\":(\"[^\"]*\"|\\[[^\\]]*\\]|[^,}]+)").matcher(line);
            while (field.find()) fields.put(field.group(1), field.group(2));
        }

        String text(String name) {
            String value = fields.get(name);
            return value == null || value.equals("null") ? null : value.replace("\"", "");
        }

        int number(String name) {
            return Integer.parseInt(fields.get(name));
        }

        boolean flag(String name) {
            return "true".equals(fields.get(name));
        }

        /** Null for null. */
        List<String> list(String name) {
            String value = text(name);
            if (value == null) return null;
            List<String> items = new ArrayList<>();
            for (String item : value.substring(1, value.length() - 1).split(",")) if (!item.isEmpty()) items.add(item);
            return items;
        }
    }
}
