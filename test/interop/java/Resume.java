// Resumes sessions: `client VERSION PORT CA COUNT` visits a page so often, `server VERSION CHAIN KEY` answers lines until it is killed.

import java.io.ByteArrayInputStream;
import java.io.InputStream;
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
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class Resume {
    static final int TIMEOUT_MS = 60_000;
    static final char[] PASSWORD = "isotls".toCharArray();

    public static void main(String[] args) throws Exception {
        String[] versions = {"TLSv" + args[1]};
        if (args[0].equals("client")) beClient(versions, Integer.parseInt(args[2]), args[3], Integer.parseInt(args[4]));
        else beServer(versions, args[2], args[3]);
    }

    static void beClient(String[] versions, int port, String ca, int count) throws Exception {
        KeyStore anchors = emptyStore();
        anchors.setCertificateEntry("ca", readCertificates(ca)[0]);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(anchors);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        for (int i = 0; i < count; i++) {
            Socket raw = new Socket(InetAddress.getLoopbackAddress(), port);
            visit((SSLSocket) context.getSocketFactory().createSocket(raw, "localhost", port, true), versions);
        }
    }

    static void visit(SSLSocket socket, String[] versions) throws Exception {
        long begun = System.currentTimeMillis();
        socket.setEnabledProtocols(versions);
        socket.setSoTimeout(TIMEOUT_MS);
        socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
        // What comes before the end carries the tickets with it.
        socket.getInputStream().readAllBytes();
        tell(socket, begun);
        socket.close();
    }

    static void beServer(String[] versions, String chain, String key) throws Exception {
        Certificate[] certificates = readCertificates(chain);
        KeyFactory factory = KeyFactory.getInstance(certificates[0].getPublicKey().getAlgorithm());
        KeyStore own = emptyStore();
        own.setKeyEntry("own", factory.generatePrivate(new PKCS8EncodedKeySpec(readPem(key))), PASSWORD, certificates);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(own, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        try (ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            System.out.println("listening " + listener.getLocalPort());
            while (true) {
                Socket raw = listener.accept();
                long begun = System.currentTimeMillis();
                SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(raw, null, true);
                socket.setUseClientMode(false);
                socket.setEnabledProtocols(versions);
                socket.setSoTimeout(TIMEOUT_MS);
                answerLine(socket);
                tell(socket, begun);
                socket.close();
            }
        }
    }

    static void answerLine(SSLSocket socket) throws Exception {
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        for (int next; (next = in.read()) != -1; ) {
            line.append((char) next);
            if (next == '\n') break;
        }
        socket.getOutputStream().write(line.toString().getBytes());
    }

    /** A session that is older than its connection is another one's. */
    static void tell(SSLSocket socket, long begun) {
        System.out.println(socket.getSession().getCreationTime() < begun ? "reused" : "full");
    }

    static KeyStore emptyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    static Certificate[] readCertificates(String file) throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of(file));
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(bytes))
                .toArray(Certificate[]::new);
    }

    static byte[] readPem(String file) throws Exception {
        return Base64.getMimeDecoder().decode(Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", ""));
    }
}
